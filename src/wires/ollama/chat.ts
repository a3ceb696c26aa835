// /api/chat: the events of an answer as Ollama's objects, whole or line by line.
import type { Answering, AnswerRequest } from "../../chat/answer.ts";
import { collectAnswer } from "../collect-answer.ts";
import { answerIn } from "../wire-words.ts";
import { answerParts, doneReason, type Moments, ollamaLogprobs, statsOf, toolCallsOf } from "./answer-parts.ts";
import type { DoneReason, OllamaChatResponse, OllamaMessage } from "./answer-types.ts";
import { words } from "./options.ts";

/** @param model its name, as it was asked for */
export async function ollamaChat(
  answering: Answering,
  request: AnswerRequest,
  model: string,
  moments: Moments,
  signal?: AbortSignal,
): Promise<OllamaChatResponse> {
  const answer = await collectAnswer(answerIn(words, answering, request, signal));
  const calls = toolCallsOf(answer);
  return {
    model,
    created_at: new Date().toISOString(),
    message: {
      role: "assistant",
      content: answer.text,
      ...(answer.reasoning === "" ? {} : { thinking: answer.reasoning }),
      ...(calls.length > 0 ? { tool_calls: calls } : {}),
    },
    ...(answer.tokens.length > 0 ? { logprobs: ollamaLogprobs(answer.tokens) } : {}),
    done: true,
    done_reason: doneReason(answer.end.reason),
    ...statsOf(answer.end, moments),
  };
}

export async function* ollamaChatChunks(
  answering: Answering,
  request: AnswerRequest,
  model: string,
  moments: Moments,
  signal?: AbortSignal,
): AsyncGenerator<OllamaChatResponse, void> {
  const head = (message: Partial<OllamaMessage>): Pick<OllamaChatResponse, "model" | "created_at" | "message"> => ({
    model,
    created_at: new Date().toISOString(),
    message: { role: "assistant", content: "", ...message },
  });
  for await (const part of answerParts(answerIn(words, answering, request, signal))) {
    switch (part.type) {
      case "text":
      case "thinking": {
        const message = part.type === "text" ? { content: part.text } : { thinking: part.text };
        yield { ...head(message), ...(part.logprobs.length > 0 ? { logprobs: part.logprobs } : {}), done: false };
        break;
      }
      case "call":
        yield { ...head({ tool_calls: [part.call] }), done: false };
        break;
      case "end":
        yield { ...head({}), done: true, done_reason: doneReason(part.end.reason), ...statsOf(part.end, moments) };
    }
  }
}

/** The answer to a request without messages. */
export function chatWithoutMessages(model: string, reason: DoneReason): OllamaChatResponse {
  return {
    model,
    created_at: new Date().toISOString(),
    message: { role: "assistant", content: "" },
    done: true,
    done_reason: reason,
  };
}
