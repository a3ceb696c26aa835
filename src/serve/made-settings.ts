// What a model that was made here brings along: it stands where the request says nothing else, whatever wire the request came by.
import * as v from "valibot";
import type { AnswerRequest, Prompt } from "../chat/answer.ts";
import { resolveSampling } from "../generate/sampling-options.ts";
import { createStopScanner } from "../generate/stop.ts";
import { generateOptions, type OllamaOptions, optionsSchema, optionWords } from "../wires/ollama/options.ts";
import { parseRequest } from "../wires/request.ts";
import { inWords } from "../wires/wire-words.ts";

export interface Settings {
  readonly system?: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
}

/** @throws ParameterError for parameters that are none */
export function readParameters(parameters: Settings["parameters"]): OllamaOptions {
  return parseRequest(v.object({ parameters: optionsSchema }), { parameters }).parameters ?? {};
}

/** @throws ParameterError for parameters that are none, and for values with which every request would be refused */
export function checkParameters(parameters: Settings["parameters"]): void {
  const { stop = [], ...options } = generateOptions(readParameters(parameters));
  try {
    resolveSampling(options);
    createStopScanner([stop].flat());
  } catch (error) {
    throw inWords({ options: optionWords("parameters"), formats: {} }, { options }, error);
  }
}

export function withSystem<P extends Prompt>(prompt: P, { system }: Settings): P {
  if (!("messages" in prompt) || system === undefined || prompt.messages[0]?.role === "system") return prompt;
  return { ...prompt, messages: [{ role: "system", content: system }, ...prompt.messages] };
}

/** Mirostat makes its own cut: whoever asks for one side does without the other, which the model was made with. */
const cuts = ["topK", "topP", "minP", "typicalP"] as const;

/** @throws ParameterError */
export function withDefaults(options: AnswerRequest["options"] = {}, { parameters }: Settings): AnswerRequest["options"] {
  const defaults = generateOptions(readParameters(parameters));
  if (options.mirostat) for (const cut of cuts) delete defaults[cut];
  if (cuts.some((cut) => options[cut] !== undefined)) delete defaults.mirostat;
  return { ...defaults, ...options };
}
