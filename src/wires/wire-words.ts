// What is wrong with an option of a request, told by the name that the wire has for it.
import type { AnswerEvent, Answering, AnswerRequest } from "../chat/answer.ts";
import { ToolError } from "../chat/tool-error.ts";
import { OptionError, type OptionName, sentenceOfFault } from "../generate/option-error.ts";
import type { OutputFormat } from "../generate/output-format.ts";
import { ParameterError } from "./request.ts";

/** What a wire calls the options that it has. */
export interface WireWords {
  readonly options: Readonly<Partial<Record<OptionName, string>>>;
  /** Where each kind of format stands. */
  readonly formats: Readonly<Partial<Record<OutputFormat["kind"], string>>>;
  /** Where a tool has the schema of its arguments. */
  readonly parameters?: string;
}

/** llama.cpp's names, which most wires share. */
export const usualNames = {
  temperature: "temperature",
  topK: "top_k",
  topP: "top_p",
  minP: "min_p",
  typicalP: "typical_p",
  repetitionPenalty: "repeat_penalty",
  repetitionWindow: "repeat_last_n",
  frequencyPenalty: "frequency_penalty",
  presencePenalty: "presence_penalty",
  "mirostat.tau": "mirostat_tau",
  "mirostat.eta": "mirostat_eta",
  logitBias: "logit_bias",
  seed: "seed",
  stop: "stop",
} as const satisfies WireWords["options"];

/** An answer. @throws ParameterError for an option that the wire has another name for; else as the model */
export async function* answerIn(
  words: WireWords,
  model: Answering,
  request: AnswerRequest,
  signal: AbortSignal | undefined,
): AsyncGenerator<AnswerEvent, void> {
  try {
    yield* model.answer(request, signal);
  } catch (error) {
    throw inWords(words, request, error);
  }
}

/** The same error where the wire has no word for what is wrong. */
export function inWords({ options, formats, parameters }: WireWords, request: Pick<AnswerRequest, "options">, error: unknown): unknown {
  if (error instanceof ToolError)
    return parameters === undefined ? error : new ParameterError(error.message, `tools[${error.place}].${parameters}`);
  if (!(error instanceof OptionError)) return error;
  const { fault } = error;
  const format = request.options?.format;
  const place = fault.option === "format" ? format && formats[format.kind] : options[fault.option];
  return place === undefined ? error : new ParameterError(sentenceOfFault(fault, place), place);
}
