# The half of train-step.mjs that trains with PyTorch. The first line of stdin is the job as JSON; for every further line a step is made, and its seconds and
# its loss are written as JSON.
import json
import math
import sys
import time

import torch
import torch.nn.functional as F

job = json.loads(sys.stdin.readline())
torch.set_num_threads(job["threads"])
sizes, batch, context = job["sizes"], job["batch"], job["context"]
n_heads, n_kv_heads = sizes["nHeads"], sizes["nKvHeads"]
head_dim = sizes["dim"] // n_heads

values = torch.from_file(job["weightsFile"], size=sum(math.prod(shape) for _, shape in job["shapes"]), dtype=torch.float32)
weights = {}
at = 0
for path, shape in job["shapes"]:
    count = math.prod(shape)
    weights[path] = values[at : at + count].view(shape).clone().requires_grad_()
    at += count
tokens = torch.from_file(job["tokensFile"], size=batch * context, dtype=torch.int32).view(batch, context).long()

decayed = [w for w in weights.values() if w.dim() > 1]
others = [w for w in weights.values() if w.dim() == 1]
optimizer = torch.optim.AdamW(
    [{"params": decayed, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}],
    lr=1e-3,
    betas=(0.9, 0.95),
    eps=1e-8,
    fused=True,
)
angles = torch.outer(torch.arange(context), 10_000.0 ** (-torch.arange(0, head_dim, 2) / head_dim))
rotation = torch.polar(torch.ones_like(angles), angles)  # [context, head_dim / 2]


def rope(x):  # [batch, heads, context, head_dim], neighbours are a pair
    pairs = torch.view_as_complex(x.float().unflatten(-1, (-1, 2)))
    return torch.view_as_real(pairs * rotation).flatten(-2)


def heads(x, count):
    return x.view(batch, context, count, head_dim).transpose(1, 2)


def block(h, at):
    x = F.rms_norm(h, (sizes["dim"],), weights[f"{at}.attentionNorm.gain"], job["eps"])
    q = rope(heads(F.linear(x, weights[f"{at}.attention.wq"]), n_heads))
    k = rope(heads(F.linear(x, weights[f"{at}.attention.wk"]), n_kv_heads))
    v = heads(F.linear(x, weights[f"{at}.attention.wv"]), n_kv_heads)
    group = n_heads // n_kv_heads
    k, v = k.repeat_interleave(group, 1), v.repeat_interleave(group, 1)
    y = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(batch, context, -1)
    h = h + F.linear(y, weights[f"{at}.attention.wo"])
    x = F.rms_norm(h, (sizes["dim"],), weights[f"{at}.ffnNorm.gain"], job["eps"])
    gate, up = F.linear(x, weights[f"{at}.feedForward.w1"]), F.linear(x, weights[f"{at}.feedForward.w3"])
    return h + F.linear(F.silu(gate) * up, weights[f"{at}.feedForward.w2"])


def step():
    h = F.embedding(tokens, weights["tokEmbeddings"])
    for layer in range(sizes["nLayers"]):
        h = block(h, f"layers.{layer}")
    h = F.rms_norm(h, (sizes["dim"],), weights["norm.gain"], job["eps"])
    logits = F.linear(h[:, :-1], weights["tokEmbeddings"])
    loss = F.cross_entropy(logits.reshape(-1, sizes["vocabSize"]), tokens[:, 1:].reshape(-1))
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(list(weights.values()), 1.0)
    optimizer.step()
    return loss.item()


print(json.dumps({"version": torch.__version__}), flush=True)
for _ in sys.stdin:
    start = time.perf_counter()
    loss = step()
    print(json.dumps({"seconds": time.perf_counter() - start, "loss": loss}), flush=True)
