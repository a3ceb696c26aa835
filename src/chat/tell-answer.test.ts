import { describe, expect, it } from "vitest";
import type { AnswerEvent, AnswerToken } from "./answer.ts";
import { signsOf } from "./marks.ts";
import { createAnswerSplitter, type SplitOptions } from "./split-answer.ts";
import { createAnswerTeller } from "./tell-answer.ts";

interface Told {
  events: AnswerEvent[];
  reasoningTokens: number;
  stop: string | undefined;
}

/** What is told of an answer whose tokens are these texts; the id of a token is its place. */
function tell(texts: readonly string[], options: Omit<SplitOptions, "signs"> = {}, stops: string[] = [], logprobs = true): Told {
  const splitter = createAnswerSplitter({ ...options, signs: signsOf(undefined) });
  let ids = 0;
  const teller = createAnswerTeller(stops, () => `id ${ids++}`);
  const events: AnswerEvent[] = [];
  for (const [id, text] of texts.entries()) {
    const token: AnswerToken = { id, text, bytes: [], logprob: -1, top: [] };
    teller.token(text.length, logprobs ? token : undefined);
    events.push(...teller.tell(splitter.push(text)));
    if (teller.stop !== undefined) break;
  }
  if (teller.stop === undefined) events.push(...teller.tell(splitter.end()));
  events.push(...teller.end());
  return { events, reasoningTokens: teller.reasoningTokens, stop: teller.stop };
}

/** Events with the ids of their tokens. */
function short(events: readonly AnswerEvent[]): unknown[] {
  return events.map((event) => ("tokens" in event ? [event.type, event.text, event.tokens.map(({ id }) => id)] : event));
}

const calls = { family: "hermes", offered: new Set(["now"]) } as const;
const thoughts = { open: "<think>", close: "</think>", begun: false } as const;

describe("the events of an answer", () => {
  it("are its text, each token with the event in which it ends", () => {
    expect(short(tell(["a", "", "b"]).events)).toEqual([
      ["text", "a", [0]],
      ["text", "", [1]],
      ["text", "b", [2]],
    ]);
  });

  it("have no event without text, where tokens are not told", () => {
    expect(tell(["a", "", "b"], {}, [], false).events).toEqual([
      { type: "text", text: "a", tokens: [] },
      { type: "text", text: "b", tokens: [] },
    ]);
  });

  it("tell of a token when its text is no longer held back", () => {
    expect(short(tell(["a <", "b", " "], { calls }).events)).toEqual([
      ["text", "a", []],
      ["text", " <b", [0, 1]],
      ["text", " ", [2]],
    ]);
    expect(short(tell(["x", "y", "z"], {}, ["yx"]).events)).toEqual([
      ["text", "x", [0]],
      ["text", "yz", [1, 2]],
    ]);
  });

  it("have the tokens of thoughts, marks included, and count them", () => {
    const { events, reasoningTokens } = tell(["<th", "ink>", "H", "m", "</think>", "\n", "Y"], { thoughts });
    expect(short(events)).toEqual([
      ["reasoning", "", [0, 1]],
      ["reasoning", "H", [2]],
      ["reasoning", "m", [3]],
      ["reasoning", "", [4]],
      ["text", "Y", [5, 6]],
    ]);
    expect(reasoningTokens).toBe(5);
    expect(tell(["<think>", "H", "m</think>Y"], { thoughts }, [], false).reasoningTokens).toBe(2);
  });

  it("lose no token in calls", () => {
    const { events } = tell(["A ", "<tool_call>", '{"name": "now", ', '"arguments": {}', "}", "</tool_call>"], { calls });
    expect(short(events)).toEqual([
      ["text", "A", []],
      ["text", "", [0, 1, 2]],
      { type: "toolCall", index: 0, id: "id 0", name: "now" },
      { type: "toolArguments", index: 0, text: "{}" },
      ["text", "", [3, 4]],
      { type: "toolCallEnd", index: 0 },
      ["text", "", [5]],
    ]);
  });

  it("end before a stop string, which counts in text alone", () => {
    const { events, stop } = tell(["<think>b.", "</think>", "a", "b", "c"], { thoughts }, ["b"]);
    expect(stop).toBe("b");
    expect(short(events)).toEqual([
      ["reasoning", "b.", [0]],
      ["reasoning", "", [1]],
      ["text", "a", [2]],
      ["text", "", [3]],
    ]);
    expect(short(tell(["a", "b."], {}, ["b."]).events)).toEqual([
      ["text", "a", [0]],
      ["text", "", [1]],
    ]);
  });

  it("find no stop string across a call", () => {
    const { events, stop } = tell(["a", '<tool_call>{"name": "now", "arguments": {}}</tool_call>', "b"], { calls }, ["ab"]);
    expect(stop).toBeUndefined();
    expect(events.flatMap((event) => (event.type === "text" ? event.text : []))).toEqual(["a", "", "b"]);
  });
});
