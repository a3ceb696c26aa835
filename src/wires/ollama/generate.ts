// /api/generate: the events of an answer as Ollama's objects, whole or line by line.
import type { AnswerEnd, Answering, AnswerRequest } from "../../chat/answer.ts";
import { collectAnswer } from "../collect-answer.ts";
import { answerIn } from "../wire-words.ts";
import { answerParts, doneReason, type Moments, ollamaLogprobs, statsOf } from "./answer-parts.ts";
import type { DoneReason, OllamaGenerateResponse } from "./answer-types.ts";
import { words } from "./options.ts";

/** @param model its name, as it was asked for */
export async function ollamaGenerate(
  answering: Answering,
  request: AnswerRequest,
  model: string,
  moments: Moments,
  signal?: AbortSignal,
): Promise<OllamaGenerateResponse> {
  const { text, reasoning, tokens, end } = await collectAnswer(answerIn(words, answering, request, signal));
  return {
    ...headOf(model, text),
    ...(reasoning === "" ? {} : { thinking: reasoning }),
    ...(tokens.length > 0 ? { logprobs: ollamaLogprobs(tokens) } : {}),
    ...endingOf(end, moments),
  };
}

export async function* ollamaGenerateChunks(
  answering: Answering,
  request: AnswerRequest,
  model: string,
  moments: Moments,
  signal?: AbortSignal,
): AsyncGenerator<OllamaGenerateResponse, void> {
  for await (const part of answerParts(answerIn(words, answering, request, signal))) {
    if (part.type === "end") yield { ...headOf(model, ""), ...endingOf(part.end, moments) };
    if (part.type !== "text" && part.type !== "thinking") continue;
    yield {
      ...headOf(model, part.type === "text" ? part.text : ""),
      ...(part.type === "thinking" ? { thinking: part.text } : {}),
      ...(part.logprobs.length > 0 ? { logprobs: part.logprobs } : {}),
      done: false,
    };
  }
}

/** The answer to a request without a prompt. */
export function generateWithoutPrompt(model: string, reason: DoneReason): OllamaGenerateResponse {
  return { ...headOf(model, ""), done: true, done_reason: reason };
}

function headOf(model: string, response: string): Pick<OllamaGenerateResponse, "model" | "created_at" | "response"> {
  return { model, created_at: new Date().toISOString(), response };
}

function endingOf(end: AnswerEnd, moments: Moments) {
  return {
    done: true as const,
    done_reason: doneReason(end.reason),
    ...(end.ids ? { context: [...end.ids] } : {}),
    ...statsOf(end, moments),
  };
}
