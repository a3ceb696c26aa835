// What a model that was made here brings along: it stands where the request says nothing else, whatever wire the request came by.
import * as v from "valibot";
import type { AnswerRequest } from "../chat/answer.ts";
import { generateOptions, type OllamaOptions, optionsSchema } from "../wires/ollama/options.ts";
import { parseRequest } from "../wires/request.ts";

export interface Settings {
  readonly system?: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
}

/** @throws ParameterError for parameters that are none */
export function readParameters(parameters: Settings["parameters"]): OllamaOptions {
  return parseRequest(v.object({ parameters: optionsSchema }), { parameters }).parameters ?? {};
}

/** @throws ParameterError */
export function withSettings(request: AnswerRequest, { system, parameters }: Settings): AnswerRequest {
  const { prompt, options } = request;
  const speaks = "messages" in prompt && system !== undefined && prompt.messages[0]?.role !== "system";
  return {
    ...request,
    prompt: speaks ? { ...prompt, messages: [{ role: "system", content: system }, ...prompt.messages] } : prompt,
    options: { ...generateOptions(readParameters(parameters)), ...options },
  };
}
