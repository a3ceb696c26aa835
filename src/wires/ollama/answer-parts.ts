// The events of an answer as Ollama tells them: text and thoughts as they come, each call of a tool at once, figures at the end.
import type { AnswerEnd, AnswerEvent, AnswerToken, EndReason } from "../../chat/answer.ts";
import { parsedArguments } from "../../chat/tool-calls/parsed-arguments.ts";
import type { Answer, CollectedCall } from "../collect-answer.ts";
import type { DoneReason, OllamaLogprob, OllamaStats, OllamaToolCall } from "./answer-types.ts";

/** When a request came and when its model was there, by performance.now(). */
export interface Moments {
  readonly arrived: number;
  readonly loaded: number;
}

export type Part =
  | { readonly type: "text" | "thinking"; readonly text: string; readonly logprobs: OllamaLogprob[] }
  | { readonly type: "call"; readonly call: OllamaToolCall }
  | { readonly type: "end"; readonly end: AnswerEnd };

export async function* answerParts(events: AsyncIterable<AnswerEvent>): AsyncGenerator<Part, void> {
  let open: (CollectedCall & { index: number }) | undefined;
  const close = function* (): Generator<Part, void> {
    const call = open && toolCall(open, open.index);
    if (call) yield { type: "call", call };
    open = undefined;
  };
  for await (const event of events) {
    switch (event.type) {
      case "prompt":
        break;
      case "toolCall":
        yield* close();
        open = { index: event.index, id: event.id, name: event.name, arguments: "" };
        break;
      case "toolArguments":
        if (open) open.arguments += event.text;
        break;
      case "end":
        yield* close();
        yield { type: "end", end: event };
        break;
      default:
        yield* close();
        if (event.text !== "" || event.tokens.length > 0) {
          yield { type: event.type === "text" ? "text" : "thinking", text: event.text, logprobs: ollamaLogprobs(event.tokens) };
        }
    }
  }
}

/** Undefined for a call that was cut off. */
function toolCall({ id, name, arguments: text }: CollectedCall, index: number): OllamaToolCall | undefined {
  const given = parsedArguments(text);
  return given && { id, function: { index, name, arguments: given } };
}

export function toolCallsOf({ toolCalls }: Answer): OllamaToolCall[] {
  return toolCalls.flatMap((call, index) => toolCall(call, index) ?? []);
}

export function ollamaLogprobs(tokens: readonly AnswerToken[]): OllamaLogprob[] {
  return tokens.map(({ text, bytes, logprob, top }) => ({
    token: text,
    logprob,
    bytes: [...bytes],
    ...(top.length > 0 ? { top_logprobs: top.map((each) => ({ token: each.text, logprob: each.logprob, bytes: [...each.bytes] })) } : {}),
  }));
}

export function doneReason(reason: EndReason): DoneReason {
  return reason === "length" || reason === "context" ? "length" : "stop";
}

export function statsOf({ usage, milliseconds }: AnswerEnd, { arrived, loaded }: Moments): OllamaStats {
  return {
    total_duration: nanoseconds(performance.now() - arrived),
    load_duration: nanoseconds(loaded - arrived),
    prompt_eval_count: usage.promptTokens,
    prompt_eval_duration: nanoseconds(milliseconds.prompt),
    eval_count: usage.generatedTokens,
    eval_duration: nanoseconds(milliseconds.generation),
  };
}

export function nanoseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1e6);
}
