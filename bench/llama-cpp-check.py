# The half of llama-cpp-check.mjs that speaks to llama.cpp: reads jobs as JSON from stdin, writes greedy ids and logits as JSON to stdout.
# Needs llama-cpp-python (pip install llama-cpp-python). Float32 keys and values, no flash attention: the plain arithmetic.
import ctypes
import json
import sys

import llama_cpp


def run(job):
    llama = llama_cpp.Llama(job["file"], n_ctx=256, n_batch=256, n_threads=1, flash_attn=False, type_k=0, type_v=0, verbose=False)
    size = llama.n_vocab()

    def last_logits():
        pointer = llama_cpp.llama_get_logits_ith(llama.ctx, -1)
        return list(ctypes.cast(pointer, ctypes.POINTER(ctypes.c_float * size)).contents)

    llama.eval(job["prompt"])
    first = last_logits()
    ids = []
    for _ in range(job["count"]):
        logits = last_logits()
        ids.append(max(range(size), key=logits.__getitem__))
        llama.eval(ids[-1:])
    return {"ids": ids, "logits": first}


results = []
for job in json.load(sys.stdin):
    try:
        results.append(run(job))
    except Exception as error:  # a file that llama.cpp does not load is a result too
        results.append({"error": str(error)})
print(json.dumps({"version": llama_cpp.__version__, "results": results}))
