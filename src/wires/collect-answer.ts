// The events of an answer, put together.
import type { AnswerEnd, AnswerEvent, AnswerToken } from "../chat/answer.ts";
import type { LeftOut } from "../chat/left-out.ts";

export interface CollectedCall {
  readonly id: string;
  readonly name: string;
  /** The JSON text of an object. */
  arguments: string;
  /** Not cut off. */
  whole: boolean;
}

export interface Answer {
  text: string;
  reasoning: string;
  readonly toolCalls: CollectedCall[];
  /** Those of the text, with the option `logprobs`. */
  readonly tokens: AnswerToken[];
  /** What of the conversation the model was not shown. */
  leftOut: readonly LeftOut[];
  readonly end: AnswerEnd;
}

export async function collectAnswer(events: AsyncIterable<AnswerEvent>): Promise<Answer> {
  const answer: Omit<Answer, "end"> = { text: "", reasoning: "", toolCalls: [], tokens: [], leftOut: [] };
  let last: AnswerEvent | undefined;
  for await (const event of events) {
    last = event;
    switch (event.type) {
      case "prompt":
        answer.leftOut = event.leftOut ?? [];
        break;
      case "text":
        answer.text += event.text;
        answer.tokens.push(...event.tokens);
        break;
      case "reasoning":
        answer.reasoning += event.text;
        break;
      case "toolCall":
        answer.toolCalls[event.index] = { id: event.id, name: event.name, arguments: "", whole: false };
        break;
      case "toolArguments":
        answer.toolCalls[event.index].arguments += event.text;
        break;
      case "toolCallEnd":
        answer.toolCalls[event.index].whole = true;
        break;
    }
  }
  return { ...answer, end: last as Answer["end"] }; // an answer ends with its end, or throws
}
