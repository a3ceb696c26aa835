# The half of export-check.mjs that speaks to transformers and llama.cpp: reads jobs from stdin, a JSON line each, and answers with ids,
# logits and encoded texts, a JSON line each.
# Needs torch and transformers, and llama-cpp-python. Float32, no flash attention: the plain arithmetic.
import ctypes
import json
import os
import sys


def greedy(prompt, count, scores_of):
    ids, first = list(prompt), None
    for _ in range(count):
        scores = scores_of(ids)
        first = first or scores
        ids.append(max(range(len(scores)), key=scores.__getitem__))
    return {"ids": ids[len(prompt):], "logits": first}


def with_transformers(job):
    import torch
    import transformers

    model = transformers.AutoModelForCausalLM.from_pretrained(job["path"], dtype=torch.float32, attn_implementation="eager").eval()
    encoded, template = [], None
    if job["texts"]:
        tokenizer = transformers.AutoTokenizer.from_pretrained(job["path"])
        encoded = [tokenizer(text, add_special_tokens=False).input_ids for text in job["texts"]]
        template = tokenizer.chat_template

    cache = transformers.DynamicCache(config=model.config)

    def scores_of(ids):
        with torch.no_grad():
            return model(torch.tensor([ids[cache.get_seq_length():]]), past_key_values=cache).logits[0, -1].tolist()

    version = f"transformers {transformers.__version__}, torch {torch.__version__}"
    return {**greedy(job["prompt"], job["count"], scores_of), "encoded": encoded, "template": template, "version": version}


def with_llama_cpp(job):
    import llama_cpp

    llama = llama_cpp.Llama(job["path"], n_ctx=128, n_batch=128, n_threads=1, flash_attn=False, type_k=0, type_v=0, verbose=False)
    size = llama.n_vocab()

    def scores_of(ids):
        llama.eval(ids[llama.n_tokens:])
        pointer = llama_cpp.llama_get_logits_ith(llama.ctx, -1)
        return list(ctypes.cast(pointer, ctypes.POINTER(ctypes.c_float * size)).contents)

    result = greedy(job["prompt"], job["count"], scores_of)
    encoded = [llama.tokenize(text.encode(), add_bos=False, special=True) for text in job["texts"]]
    template = llama.metadata.get("tokenizer.chat_template")
    return {**result, "encoded": encoded, "template": template, "version": f"llama-cpp-python {llama_cpp.__version__}"}


answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # what libraries print does not get between
run = with_transformers if sys.argv[1] == "transformers" else with_llama_cpp
for line in sys.stdin:
    try:
        result = run(json.loads(line))
    except Exception as error:  # a file that they do not load is a result too
        result = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(result), file=answers, flush=True)
