// config.json of Falcon in its three shapes: 7B (multi-query, both halves from one norm), 40B (grouped queries, two parallel norms; 11B with one)
// and RW (ALiBi, biases, one half after the other).
import { UnsupportedError } from "../../errors.ts";
import type { ModelConfig, Residual } from "../config.ts";
import { families } from "../families.ts";
import type { JsonFields } from "./json.ts";
import { activation, headDim, rotary } from "./shared-keys.ts";

export function falcon(json: JsonFields): ModelConfig {
  const traits = families.falcon;
  const dim = json.size(["hidden_size", "n_embed"], "dim");
  const nHeads = json.size("num_attention_heads", "nHeads");
  const maxSeqLen = json.size("max_position_embeddings", "maxSeqLen", 2048);
  const perHead = headDim(json, dim, nHeads);
  const bias = json.boolean("bias", false);
  return {
    ...traits,
    dim,
    nHeads,
    nKvHeads: keyValueHeads(json, nHeads),
    headDim: perHead,
    nLayers: json.size("num_hidden_layers", "nLayers"),
    hiddenDim: json.size("ffn_hidden_size", "hiddenDim", 4 * dim),
    vocabSize: json.size("vocab_size", "vocabSize"),
    maxSeqLen,
    norm: { ...traits.norm, eps: json.number("layer_norm_epsilon", 1e-5) },
    residual: residual(json),
    attention: { qkvBias: bias, outputBias: bias },
    ffn: { activation: activation(json, "activation", "gelu"), gated: false, bias },
    positions: json.boolean("alibi", false) ? { kind: "alibi", slopeScale: alibiCounts(json) * perHead ** -0.5 } : rotary(json, maxSeqLen),
    tiedEmbeddings: json.boolean("tie_word_embeddings", true),
  };
}

/** Only the new architecture heeds num_kv_heads: before it there was one key/value head or all of them. */
function keyValueHeads(json: JsonFields, nHeads: number): number {
  if (json.boolean("new_decoder_architecture", false)) return json.size("num_kv_heads", "nKvHeads", nHeads);
  return json.boolean("multi_query", true) ? 1 : nHeads;
}

function residual(json: JsonFields): Residual {
  const parallel = json.boolean("parallel_attn", true);
  if (!json.boolean("new_decoder_architecture", false)) return parallel ? "parallel-shared" : "pre";
  if (!parallel) throw new UnsupportedError(`${json.file}: new_decoder_architecture without parallel_attn is not supported`);
  return json.number("num_ln_in_parallel_attn", 2) === 1 ? "parallel-shared" : "parallel";
}

/**
 * How often the penalties are added to the scores, before those are divided by sqrt(headDim).
 *
 * The code that Falcon-RW was published with adds them once, and the config.json beside it names the transformers 4 of that time. transformers 5 with eager
 * attention adds them a second time, through the mask (its fused attention does not). It made the reference numbers of the goldens, for a file that names
 * version 5 and for one that names none. So a version below 5 means once, and anything else the arithmetic of those numbers.
 */
function alibiCounts(json: JsonFields): number {
  const version = json.string("transformers_version", undefined);
  return version !== undefined && Number.parseInt(version, 10) < 5 ? 1 : 2;
}
