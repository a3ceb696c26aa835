// From the parts of an answer to the events that are told of it: text ends before a stop string, calls get ids, and each token goes with the event in which its
// text ends; those of marks and calls with one of empty text.
import { createStopScanner } from "../generate/stop.ts";
import type { AnswerEvent, AnswerToken } from "./answer.ts";
import type { Part } from "./split-answer.ts";

export interface AnswerTeller {
  /** A token came, with so many letters of text. @param token where tokens are told */
  token(letters: number, token: AnswerToken | undefined): void;
  tell(parts: readonly Part[]): AnswerEvent[];
  /** What was held back. */
  end(): AnswerEvent[];
  /** The stop string that was found; nothing is told after it. */
  readonly stop: string | undefined;
  readonly reasoningTokens: number;
  /** Calls that are whole. */
  readonly calls: number;
}

type Channel = "text" | "reasoning";

/** @param callId for the next call */
export function createAnswerTeller(stops: readonly string[], callId: () => string): AnswerTeller {
  const scanner = createStopScanner(stops);
  let stop: string | undefined;
  let reasoningTokens = 0;
  let calls = 0;
  /** Tokens whose text is not told yet, each with the letters of the answer up to its end. */
  const tokens: { end: number; token: AnswerToken | undefined }[] = [];
  let letters = 0;
  let done = 0;
  /** Letters that the scanner holds back. */
  let waiting = 0;
  let channel: Channel = "text";
  let events: AnswerEvent[] = [];

  const takeTokens = (upTo: number): AnswerToken[] => {
    const count = tokens.findIndex(({ end }) => end > upTo);
    const taken = tokens.splice(0, count < 0 ? tokens.length : count);
    if (channel === "reasoning") reasoningTokens += taken.length;
    return taken.flatMap(({ token }) => token ?? []);
  };
  /** More of a channel, in the same event where that is possible. */
  const write = (text: string, upTo = done - waiting): void => {
    const told = takeTokens(upTo);
    if (text === "" && told.length === 0) return;
    const last = events[events.length - 1];
    if (last?.type !== channel) events.push({ type: channel, text, tokens: told });
    else events[events.length - 1] = { type: channel, text: last.text + text, tokens: [...last.tokens, ...told] };
  };
  /** No stop string goes across what is no text. */
  const flush = (): void => {
    const text = scanner.end();
    waiting = 0;
    if (text !== "") write(text);
  };
  const take = (part: Part): void => {
    if (part.kind === "text") {
      const found = scanner.push(part.text);
      stop = found.stop;
      channel = "text";
      done += part.length;
      waiting += part.text.length - found.text.length;
      write(found.text);
      return;
    }
    flush();
    done += part.length;
    switch (part.kind) {
      case "reasoning":
        channel = "reasoning";
        write(part.text);
        break;
      case "hidden":
        channel = part.thought ? "reasoning" : "text";
        write("");
        break;
      case "call":
        events.push({ type: "toolCall", index: part.index, id: callId(), name: part.name });
        break;
      case "arguments":
        channel = "text";
        events.push({ type: "toolArguments", index: part.index, text: part.text });
        write("");
        break;
      case "called":
        events.push({ type: "toolCallEnd", index: part.index });
        calls++;
    }
  };
  const told = (): AnswerEvent[] => {
    const all = events;
    events = [];
    return all;
  };

  return {
    token(count, token) {
      letters += count;
      tokens.push({ end: letters, token });
    },
    tell(parts) {
      for (const part of parts) if (stop === undefined) take(part);
      write("");
      return told();
    },
    end() {
      if (stop === undefined) flush();
      write("", letters);
      return told();
    },
    get stop() {
      return stop;
    },
    get reasoningTokens() {
      return reasoningTokens;
    },
    get calls() {
      return calls;
    },
  };
}
