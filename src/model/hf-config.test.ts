// What a config.json may leave out, what it may say in other words, and what is refused instead of being computed wrongly.
import { describe, expect, it } from "vitest";
import { FormatError, UnsupportedError } from "../errors.ts";
import type { JsonObject } from "../formats/strict-json.ts";
import type { ModelConfig } from "./config.ts";
import { configFromHf } from "./hf-config.ts";

const llama: JsonObject = {
  architectures: ["LlamaForCausalLM"],
  model_type: "llama",
  hidden_size: 64,
  intermediate_size: 112,
  num_hidden_layers: 2,
  num_attention_heads: 8,
  vocab_size: 128,
  max_position_embeddings: 256,
};
const read = (changes: JsonObject, base: JsonObject = llama): ModelConfig => configFromHf({ ...base, ...changes }, "config.json");
const scaled = (rope_scaling: JsonObject): ModelConfig => read({ rope_scaling });

describe("absent keys", () => {
  it("mean what transformers means", () => {
    expect(read({})).toMatchObject({
      nKvHeads: 8,
      headDim: 8,
      norm: { eps: 1e-6 },
      attention: { qkvBias: false, outputBias: false },
      ffn: { activation: "silu", bias: false },
      positions: { kind: "rope", theta: 10_000 },
      tiedEmbeddings: false,
    });
    expect(read({ max_position_embeddings: null, num_key_value_heads: null, rope_scaling: null })).toMatchObject({
      maxSeqLen: 2048,
      nKvHeads: 8,
    });
  });

  it("tie the embeddings of gemma and gpt2, and no others that are not told to", () => {
    const tied = (model_type: string): boolean => read({ model_type, architectures: null, layer_norm_epsilon: 1e-5 }).tiedEmbeddings;
    expect(["gemma", "gemma2", "gemma3_text", "gpt2", "bloom", "falcon"].map(tied)).toEqual([true, true, true, true, true, true]);
    expect(["llama", "mistral", "qwen2", "qwen3", "gpt_neox"].map(tied)).toEqual([false, false, false, false, false]);
  });

  it("give Mistral its window, unless it is switched off with null", () => {
    const mistral = { ...llama, model_type: "mistral", architectures: ["MistralForCausalLM"] };
    expect(read({}, mistral).attention.window).toEqual({ size: 4096, local: [true, true] });
    expect(read({ sliding_window: null }, mistral).attention.window).toBeUndefined();
  });

  it("switch Gemma 2's soft caps on, and null switches them off", () => {
    const gemma2 = { ...llama, model_type: "gemma2", architectures: ["Gemma2ForCausalLM"] };
    expect(read({}, gemma2)).toMatchObject({ headDim: 256, attention: { softcap: 50, scale: 1 / 16 }, logitSoftcap: 30 });
    const off = read({ attn_logit_softcapping: null, final_logit_softcapping: null }, gemma2);
    expect([off.attention.softcap, off.logitSoftcap]).toEqual([undefined, undefined]);
  });

  it("leave Qwen's window off, however long it is said to be", () => {
    const qwen2 = { ...llama, model_type: "qwen2", architectures: ["Qwen2ForCausalLM"], sliding_window: 16, max_window_layers: 1 };
    expect(read({}, qwen2).attention.window).toBeUndefined();
    expect(read({ use_sliding_window: true }, qwen2).attention.window).toEqual({ size: 16, local: [false, true] });
  });

  it("give Falcon one key/value head, or as many as query heads, or what the new architecture says", () => {
    const falcon = { ...llama, model_type: "falcon", architectures: ["FalconForCausalLM"], num_kv_heads: 2 };
    expect(read({}, falcon).nKvHeads).toBe(1);
    expect(read({ multi_query: false }, falcon).nKvHeads).toBe(8);
    expect(read({ new_decoder_architecture: true }, falcon)).toMatchObject({ nKvHeads: 2, residual: "parallel" });
    expect(read({ new_decoder_architecture: true, num_ln_in_parallel_attn: 1 }, falcon).residual).toBe("parallel-shared");
  });

  it("count Falcon's ALiBi once where it was published so, and twice as the reference numbers do, made by transformers 5", () => {
    const alibi = { ...llama, model_type: "falcon", architectures: ["FalconForCausalLM"], alibi: true };
    const counts = (more: JsonObject): number => {
      const { positions, headDim } = read(more, alibi);
      return positions.kind === "alibi" ? positions.slopeScale! * Math.sqrt(headDim) : 0;
    };
    expect(counts({ transformers_version: "4.27.4" })).toBeCloseTo(1, 12); // as in the published Falcon-RW
    expect(counts({ transformers_version: "5.23.0" })).toBeCloseTo(2, 12); // as in config.v5.json of the golden
    expect(counts({})).toBeCloseTo(2, 12); // as in config.json of the golden, whose numbers are those of config.v5.json
  });
});

describe("rotary scaling", () => {
  it("is read under rope_type and under type", () => {
    expect(scaled({ type: "linear", factor: 4 }).positions).toMatchObject({ scaling: { kind: "linear", factor: 4 } });
    expect(scaled({ rope_type: "dynamic", factor: 2 }).positions).toMatchObject({ scaling: { kind: "dynamic", originalMaxSeqLen: 256 } });
    expect(scaled({ rope_type: "default" }).positions).toEqual({ kind: "rope", theta: 10_000, scaling: undefined });
  });

  it("of YaRN takes DeepSeek's ratio of magnitudes", () => {
    const { positions } = scaled({ rope_type: "yarn", factor: 40, original_max_position_embeddings: 64, mscale: 0.8, mscale_all_dim: 1 });
    expect(positions).toMatchObject({
      scaling: { attentionFactor: expect.closeTo((0.08 * Math.log(40) + 1) / (0.1 * Math.log(40) + 1), 12) },
    });
  });

  it.each<[string, JsonObject, RegExp]>([
    ["another type", { rope_type: "longrope", factor: 4 }, /rotary scaling of type "longrope" is not supported/],
    ["a ramp that is not rounded", { rope_type: "yarn", factor: 4, truncate: false }, /"rope_scaling.truncate" is false/],
  ])("with %s is refused", (_what, scaling, message) => {
    expect(() => scaled(scaling)).toThrow(UnsupportedError);
    expect(() => scaled(scaling)).toThrow(message);
  });

  it.each<[string, JsonObject, RegExp]>([
    ["no factor", { rope_type: "linear" }, /key "rope_scaling.factor" is missing, expected a finite number/],
    ["a factor of zero", { rope_type: "linear", factor: 0 }, /rope scaling factor is 0, expected a finite number above 0/],
    ["a factor in words", { rope_type: "linear", factor: "4" }, /key "rope_scaling.factor" is "4", expected a finite number/],
  ])("with %s is damaged", (_what, scaling, message) => {
    expect(() => scaled(scaling)).toThrow(FormatError);
    expect(() => scaled(scaling)).toThrow(message);
  });
});

describe("models that cria does not run are refused by name", () => {
  it.each<[string, JsonObject, RegExp]>([
    [
      "Mixtral",
      { model_type: "mixtral", architectures: ["MixtralForCausalLM"], num_local_experts: 8 },
      /MixtralForCausalLM .* is a mixture of experts/,
    ],
    [
      "Qwen 3 MoE",
      { model_type: "qwen3_moe", architectures: ["Qwen3MoeForCausalLM"], num_experts: 128 },
      /Qwen3MoeForCausalLM .* is a mixture of experts/,
    ],
    [
      "DeepSeek",
      { model_type: "deepseek_v3", architectures: ["DeepseekV3ForCausalLM"], n_routed_experts: 256 },
      /DeepseekV3ForCausalLM .* mixture/,
    ],
    [
      "Llama 3.2 Vision",
      { model_type: "mllama", architectures: ["MllamaForConditionalGeneration"], vision_config: {} },
      /MllamaFor.* several modalities/,
    ],
    [
      "Gemma 3 with vision",
      { model_type: "gemma3", architectures: ["Gemma3ForConditionalGeneration"], text_config: {} },
      /Gemma3For.* several modalities/,
    ],
    ["T5", { model_type: "t5", architectures: ["T5ForConditionalGeneration"], num_decoder_layers: 2 }, /T5For.* is an encoder-decoder/],
    ["Phi", { model_type: "phi3", architectures: ["Phi3ForCausalLM"] }, /Phi3ForCausalLM .* is not one that cria runs/],
    ["a classifier", { architectures: ["LlamaForSequenceClassification"] }, /does not predict tokens/],
    ["GPTQ", { quantization_config: { quant_method: "gptq", bits: 4 } }, /weights quantised by "gptq" are not supported/],
    ["another activation", { hidden_act: "relu2" }, /key "hidden_act" is "relu2"/],
    ["partial rotation", { partial_rotary_factor: 0.5 }, /"partial_rotary_factor" is 0.5/],
    [
      "BLOOM's other residual",
      { model_type: "bloom", apply_residual_connection_post_layernorm: true },
      /apply_residual_connection_post_layernorm/,
    ],
    ["MPT with clipping", { model_type: "mpt", d_model: 64, attn_config: { clip_qkv: 6 } }, /"attn_config.clip_qkv" is not supported/],
    ["MPT with normalised queries", { model_type: "mpt", d_model: 64, attn_config: { qk_ln: true } }, /"attn_config.qk_ln" is true/],
    ["GPT-2 with scales by layer", { model_type: "gpt2", scale_attn_by_inverse_layer_idx: true }, /scale_attn_by_inverse_layer_idx/],
    [
      "layers of other kinds",
      { model_type: "qwen2", use_sliding_window: true, layer_types: ["linear_attention", "full_attention"] },
      /"linear_attention"/,
    ],
  ])("%s", (_name, changes, message) => {
    const config = (): ModelConfig => read({ architectures: null, ...changes });
    expect(config).toThrow(UnsupportedError);
    expect(config).toThrow(message);
  });
});

describe("damaged files", () => {
  it.each<[string, JsonObject, RegExp]>([
    ["no sizes", { hidden_size: null }, /key "hidden_size" is missing, expected a whole number/],
    ["2^32 layers", { num_hidden_layers: 2 ** 32 }, /key "num_hidden_layers" is 4294967296, expected a whole number from 1 to 16384/],
    ["half a layer", { num_hidden_layers: 1.5 }, /key "num_hidden_layers" is 1.5/],
    ["no layers", { num_hidden_layers: 0 }, /key "num_hidden_layers" is 0/],
    ["sizes in words", { vocab_size: "128" }, /key "vocab_size" is "128"/],
    ["heads that do not divide", { num_attention_heads: 5 }, /a width of 64 does not divide into 5 attention heads/],
    ["groups that do not divide", { num_key_value_heads: 3 }, /nHeads 8 is not a multiple of nKvHeads 3/],
    ["heads that are too many", { num_attention_heads: 16_384, head_dim: 16_384 }, /at most 262144 entries in all/],
    ["an odd head", { hidden_size: 56, num_attention_heads: 8 }, /7 entries of each head should turn/],
    ["an eps below zero", { rms_norm_eps: -1 }, /norm.eps is -1/],
    ["a theta of zero", { rope_theta: 0 }, /rope theta is 0/],
    ["an answer in words", { tie_word_embeddings: "yes" }, /key "tie_word_embeddings" is "yes", expected true or false/],
    ["scaling that is no object", { rope_scaling: "linear" }, /"rope_scaling" is "linear", expected an object/],
    ["no model type", { model_type: null }, /key "model_type" is missing/],
  ])("%s", (_what, changes, message) => {
    expect(() => read(changes)).toThrow(FormatError);
    expect(() => read(changes)).toThrow(message);
  });

  it.each([[[]], ["text"], [null], [7]])("%j is no configuration", (json) => {
    expect(() => configFromHf(json, "config.json")).toThrow(/config.json: the file is .*, expected an object/);
  });

  it("keeps a hostile name out of the terminal", () => {
    expect(() => read({ model_type: "\u001b[2Jx", architectures: null })).toThrow(/model_type "\\u001b\[2Jx"/);
  });
});
