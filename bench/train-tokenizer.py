# The half of train-tokenizer.mjs that trains with the tokenizers library: reads the job as JSON from stdin, writes the seconds as JSON to stdout.
import json
import sys
import time

from tokenizers import Tokenizer, models, pre_tokenizers, trainers

job = json.load(sys.stdin)
start = time.perf_counter()
tokenizer = Tokenizer(models.BPE())
tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
trainer = trainers.BpeTrainer(
    vocab_size=job["vocab_size"],
    min_frequency=2,
    special_tokens=["<|begin_of_text|>", "<|end_of_text|>"],
    initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    show_progress=False,
)
tokenizer.train(job["files"], trainer)
seconds = time.perf_counter() - start
tokenizer.save(job["out"])
print(json.dumps({"seconds": seconds}))
