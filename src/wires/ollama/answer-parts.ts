// The events of an answer as Ollama tells them: text and thoughts as they come, each call of a tool at once, figures at the end.
import type { AnswerEnd, AnswerEvent, AnswerToken, EndReason } from "../../chat/answer.ts";
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
  let open: Omit<CollectedCall, "whole"> = { id: "", name: "", arguments: "" };
  for await (const event of events) {
    switch (event.type) {
      case "prompt":
        break;
      case "toolCall":
        open = { id: event.id, name: event.name, arguments: "" };
        break;
      case "toolArguments":
        open.arguments += event.text;
        break;
      case "toolCallEnd":
        yield { type: "call", call: toolCall(open, event.index) };
        break;
      case "end":
        yield { type: "end", end: event };
        break;
      default:
        if (event.text !== "" || event.tokens.length > 0) {
          yield { type: event.type === "text" ? "text" : "thinking", text: event.text, logprobs: ollamaLogprobs(event.tokens) };
        }
    }
  }
}

function toolCall({ id, name, arguments: text }: Omit<CollectedCall, "whole">, index: number): OllamaToolCall {
  return { id, function: { index, name, arguments: JSON.parse(text) } };
}

/** Without one that was cut off: half of its arguments are none. */
export function toolCallsOf({ toolCalls }: Answer): OllamaToolCall[] {
  return toolCalls.flatMap((call, index) => (call.whole ? toolCall(call, index) : []));
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
