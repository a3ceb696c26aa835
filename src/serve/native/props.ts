// GET /props: what a model is here, on what it runs, and what a request gets that asks for nothing else.
import { resolveSampling } from "../../generate/sampling-options.ts";
import type { ServerContext } from "../context.ts";
import type { ModelInUse } from "../use-model.ts";

const { temperature, topK, topP, minP, typicalP, repetitionPenalty, repetitionWindow, presencePenalty, frequencyPenalty } = resolveSampling(
  {
    seed: 0,
  },
);

/** llama.cpp's names for cria's defaults. */
const defaults = {
  n_predict: -1,
  seed: -1,
  temperature,
  top_k: topK,
  top_p: topP,
  min_p: minP,
  typical_p: typicalP,
  repeat_penalty: repetitionPenalty,
  repeat_last_n: repetitionWindow,
  presence_penalty: presencePenalty,
  frequency_penalty: frequencyPenalty,
  mirostat: 0,
  mirostat_tau: 5,
  mirostat_eta: 0.1,
  stop: [],
  ignore_eos: false,
  stream: false,
  n_probs: 0,
  grammar: "",
};

export function propsOf({ settings }: ServerContext, { name, facts }: ModelInUse): object {
  const { contextLength, chatTemplate, bosToken, eosToken, vocabSize, dim, parameters, build } = facts;
  return {
    default_generation_settings: { n_ctx: contextLength, params: defaults },
    total_slots: settings.answers.parallel,
    model_alias: name,
    model_path: name, // where its file lies is nobody's business
    n_ctx: contextLength,
    n_vocab: vocabSize,
    n_embd: dim,
    n_params: parameters,
    chat_template: chatTemplate ?? "",
    bos_token: bosToken ?? "",
    eos_token: eosToken ?? "",
    modalities: { vision: false, audio: false },
    build_info: `cria ${settings.version}, ${build}`,
  };
}
