import { describe, expect, it } from "vitest";
import { type Signs, signsOf } from "./marks.ts";
import { type AnswerSplitter, createAnswerSplitter, type Part, type SplitOptions } from "./split-answer.ts";
import type { CallFamily } from "./tool-calls/call-format.ts";

/** Marks as special tokens: what the text of an answer leaves out. */
const special = signsOf({
  specialTokens: new Map([
    ["<|python_tag|>", 1],
    ["[TOOL_CALLS]", 2],
    ["[ARGS]", 3],
    ["[CALL_ID]", 4],
    ["<think>", 5],
    ["</think>", 6],
  ]),
});
const plain = signsOf(undefined);

const offered = new Set(["get_weather", "now", "brave_search"]);

interface Told {
  text: string;
  reasoning: string;
  calls: { name: string; arguments: string; whole: boolean }[];
}

function tell(told: Told, parts: readonly Part[]): void {
  for (const part of parts) {
    if (part.kind === "text" || part.kind === "reasoning") told[part.kind] += part.text;
    else if (part.kind === "call") told.calls[part.index] = { name: part.name, arguments: "", whole: false };
    else if (part.kind === "arguments") told.calls[part.index].arguments += part.text;
    else if (part.kind === "called") told.calls[part.index].whole = true;
  }
}

/** Special tokens stand as «mark» in the texts of these tests. */
function pieces(text: string, signs: Signs): { text: string; sign: string }[] {
  return text.split(/(?<=»)/).map((part) => {
    const [before, mark] = part.split(/[«»]/);
    return { text: before, sign: mark === undefined ? "" : signs.of(mark as "<think>") };
  });
}

interface Run {
  told: Told;
  /** Letters that the parts are done with. */
  length: number;
}

function run(text: string, options: Omit<SplitOptions, "signs">, cut: (text: string) => string[], trusting = false): Run {
  const signs = text.includes("«") ? special : plain;
  const splitter: AnswerSplitter = createAnswerSplitter({ ...options, signs });
  const told: Told = { text: "", reasoning: "", calls: [] };
  let length = 0;
  const take = (parts: readonly Part[]): void => {
    tell(told, parts);
    for (const part of parts) length += part.length;
    if (trusting && splitter.opened) take(splitter.trust());
  };
  for (const piece of pieces(text, signs)) {
    const parts = cut(piece.text);
    for (const [i, part] of parts.entries()) take(splitter.push(part, i === parts.length - 1 ? piece.sign : ""));
  }
  take(splitter.end());
  return { told, length };
}

const whole = (text: string): string[] => [text];
const letters = (text: string): string[] => (text === "" ? [""] : [...text]);

/** The answer, however it is cut, and whether or not its arguments are told early. */
function split(text: string, options: Omit<SplitOptions, "signs">): Told {
  const expected = run(text, options, whole);
  const total = text.replaceAll(/«.*?»/g, "x").length;
  expect(expected.length).toBe(total);
  expect(run(text, options, letters)).toEqual(expected);
  const known = JSON.stringify(expected);
  for (let at = 1; at < text.length; at++) {
    const other = run(text, options, (piece) => [piece.slice(0, at), piece.slice(at)]);
    if (JSON.stringify(other) !== known) expect(other, `cut at ${at}`).toEqual(expected);
  }
  return expected.told;
}

const calling = (family: CallFamily): Omit<SplitOptions, "signs"> => ({ calls: { family, offered } });
const weather = { name: "get_weather", arguments: '{"city": "Zürich", "days": 3}', whole: true };
const now = { name: "now", arguments: "{}", whole: true };

describe("calls are found in", () => {
  it.each<[CallFamily, string, Partial<Told>]>([
    ["hermes", '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Zürich", "days": 3}}\n</tool_call>', { calls: [weather] }],
    [
      "hermes",
      'Let me look.\n<tool_call>\n{"name": "now", "arguments": {}}\n</tool_call>\n<tool_call>{"name": "get_weather", "arguments": {"city": "Zürich", "days": 3}}</tool_call>\n',
      { text: "Let me look.", calls: [now, weather] },
    ],
    ["hermes", '<tool_call>{"arguments": {}, "name": "now"}</tool_call> Done.', { text: "Done.", calls: [now] }],
    ["hermes", '<tool_call>{"name": "now", "arguments": "{\\"a\\": 1}"}</tool_call>', { calls: [{ ...now, arguments: '{"a": 1}' }] }],
    ["hermes", '<tool_call>{"name": "now", "arguments": {}}', { calls: [now] }],
    ["llama", '{"name": "get_weather", "parameters": {"city": "Zürich", "days": 3}}', { calls: [weather] }],
    ["llama", '\n{"type": "function", "name": "now", "parameters": {}}', { calls: [now] }],
    [
      "llama",
      '{"name": "now", "parameters": {}}; {"name": "get_weather", "parameters": {"city": "Zürich", "days": 3}}',
      { calls: [now, weather] },
    ],
    ["llama", '{"name": "get_weather", "parameters": {"days": "3"}}', { calls: [{ ...weather, arguments: '{"days": "3"}' }] }],
    ["llama", '«<|python_tag|>»{"name": "now", "parameters": {}}', { calls: [now] }],
    [
      "llama",
      '«<|python_tag|>»brave_search.call(query="a \\"b\\" (c)", count=3)',
      { calls: [{ name: "brave_search", arguments: '{"query":"a \\"b\\" (c)","count":3}', whole: true }] },
    ],
    ["mistral", '«[TOOL_CALLS]» [{"name": "get_weather", "arguments": {"city": "Zürich", "days": 3}}]', { calls: [weather] }],
    [
      "mistral",
      '[TOOL_CALLS] [{"name": "get_weather", "arguments": {"city": "Zürich", "days": 3}, "id": "abcdefghi"}, {"name": "now", "arguments": {}}] ',
      { calls: [weather, now] },
    ],
    [
      "mistral-args",
      '«[TOOL_CALLS]»now«[ARGS]»{}«[TOOL_CALLS]»get_weather«[CALL_ID]»abcdefghi«[ARGS]»{"city": "Zürich", "days": 3}',
      { calls: [now, weather] },
    ],
    ["mistral-args", "[TOOL_CALLS]now[ARGS]{}", { calls: [now] }],
  ])("%s: %s", (family, text, expected) => {
    expect(split(text, calling(family))).toEqual({ text: "", reasoning: "", calls: [], ...expected });
    expect(run(text, calling(family), letters, true)).toEqual(run(text, calling(family), whole));
  });
});

describe("no call is found in", () => {
  it.each<[CallFamily, string]>([
    ["hermes", "Nothing to call.\n\n"],
    ["hermes", '<tool_call>{"name": "delete_all", "arguments": {}}</tool_call>'],
    ["hermes", '<tool_call>{"name": "now", "arguments": {}, "note": 1}</tool_call>'],
    ["hermes", '<tool_call>{"name": "now", "arguments": []}</tool_call>'],
    ["hermes", '<tool_call>{"name": "now", "arguments": "x"}</tool_call>'],
    ["hermes", '<tool_call>{"name": "now"}</tool_call>'],
    ["hermes", '<tool_call>{"name": "now", "arguments": {"a": }}</tool_call>'],
    ["hermes", '<tool_call>{"name": "now", "arguments": {"a": "'],
    ["hermes", "One writes <tool_call> before a call, and </tool_call> behind it: a <b"],
    ["hermes", "<tool_call> <tool_cal"],
    ["hermes", '{"name": "now", "arguments": {}}'],
    ["llama", 'It is {"name": "now", "parameters": {}}'],
    ["llama", '{"name": "Ada", "parameters": {}}'],
    ["llama", ' {"city": "Zürich"} '],
    ["llama", '{"name": "now", "parameters": {}, "x": 1}'],
    ["llama", "{ is a bracket"],
    ["mistral", '[TOOL_CALLS] {"name": "now"}'],
    ["mistral", "[TOOL_CALLS] is a mark"],
    ["mistral-args", "[TOOL_CALLS]delete[ARGS]{}"],
  ])("%s: %s", (family, text) => {
    expect(split(text, calling(family))).toEqual({ text, reasoning: "", calls: [] });
  });

  it.each<[CallFamily, string, string]>([
    ["llama", "«<|python_tag|>»print(1)", "print(1)"],
    ["mistral", '«[TOOL_CALLS]»[{"name": "no"}]', '[{"name": "no"}]'],
    ["hermes", "a\uFDD1b«<think>»c", "a\uFFFDbc"],
  ])("%s: %s, and its special tokens are not shown", (family, text, shown) => {
    const { text: told, calls } = split(text, calling(family));
    expect([told, calls]).toEqual([shown, []]);
  });

  it("a mark that the model spells, where it is a special token of the model", () => {
    const text = '[TOOL_CALLS] [{"name": "now", "arguments": {}}]';
    const splitter = createAnswerSplitter({ ...calling("mistral"), signs: special });
    const told: Told = { text: "", reasoning: "", calls: [] };
    tell(told, [...splitter.push(text), ...splitter.end()]);
    expect(told).toEqual({ text, reasoning: "", calls: [] });
  });
});

describe("a call that is told early", () => {
  const text = 'Yes.\n<tool_call>\n{"name": "get_weather", "arguments": {"city": "Zü';

  it("has its name and its arguments as they come, and what has come stays when the rest does not", () => {
    const splitter = createAnswerSplitter({ ...calling("hermes"), signs: plain });
    const [yes] = splitter.push(text.slice(0, -5));
    expect(yes).toEqual({ kind: "text", text: "Yes.", length: 4 });
    expect(splitter.opened).toEqual({ place: 1, name: "get_weather", written: '{"city"' });
    expect(splitter.trust().slice(1)).toEqual([
      { kind: "call", index: 0, name: "get_weather", length: 0 },
      { kind: "arguments", index: 0, text: '{"city"', length: 7 },
    ]);
    expect(splitter.push(': "Zü')).toEqual([{ kind: "arguments", index: 0, text: ': "Zü', length: 5 }]);
    expect(splitter.end()).toEqual([]);
  });

  it("is no text where there is nothing but calls", () => {
    for (const broken of ["<tool_c", "<tool_call>\n", '<tool_call>{"name": "get_wea', text.slice(5)]) {
      const forced = { calls: { family: "hermes", offered, forced: true } } as const;
      expect(split(broken, forced)).toEqual({ text: "", reasoning: "", calls: [] });
      expect(split(`Hm.</think>${broken}`, { ...forced, thoughts: { open: "<think>", close: "</think>", begun: true } }).text).toBe("");
    }
  });

  it("is text as a whole where nobody promised anything", () => {
    expect(split(text, calling("hermes"))).toEqual({ text, reasoning: "", calls: [] });
  });
});

describe("a call whose arguments have to be right", () => {
  const text = '<tool_call>{"name": "now", "arguments": {"a": 1}}</tool_call> <tool_call>{"name": "now", "arguments": {}}</tool_call>.';

  it("is one only when it is judged so", () => {
    const splitter = createAnswerSplitter({ signs: plain, calls: { family: "hermes", offered, judged: true } });
    const told: Told = { text: "", reasoning: "", calls: [] };
    tell(told, splitter.push(text));
    expect([told.text, told.calls, splitter.doubtful]).toEqual(["", [], { name: "now", arguments: '{"a": 1}' }]);
    tell(told, splitter.judge(false));
    expect([told.text, splitter.doubtful?.arguments]).toEqual(['<tool_call>{"name": "now", "arguments": {"a": 1}}</tool_call>', "{}"]);
    tell(told, splitter.judge(true));
    expect([told.calls, splitter.doubtful]).toEqual([[now], undefined]);
    tell(told, splitter.end());
    expect(told.text).toMatch(/<\/tool_call>\.$/);
  });
});

describe("thoughts", () => {
  const think = (begun: boolean): Omit<SplitOptions, "signs"> => ({ thoughts: { open: "<think>", close: "</think>", begun } });
  const both = (begun: boolean): Omit<SplitOptions, "signs"> => ({ ...think(begun), ...calling("hermes") });

  it.each<[string, Omit<SplitOptions, "signs">, string, Partial<Told>]>([
    ["are what stands between the marks", think(false), "<think>\nHm. <b>\n</think>\n\nYes. ", { reasoning: "Hm. <b>", text: "Yes. " }],
    ["may be opened by the prompt", think(true), "Hm.\n</think>\n\nYes.", { reasoning: "Hm.", text: "Yes." }],
    ["may be opened twice", think(true), "<think>\nHm.</think>Yes.", { reasoning: "Hm.", text: "Yes." }],
    ["may be special tokens", think(false), "«<think>»Hm.«</think>»Yes.", { reasoning: "Hm.", text: "Yes." }],
    ["may be empty", think(false), "<think>\n\n</think>\n\nYes.", { text: "Yes." }],
    ["need not be", think(false), " Yes. <think> is a mark, and so is </think>", { text: " Yes. <think> is a mark, and so is </think>" }],
    ["need not end", think(true), "Hm. </thin", { reasoning: "Hm. </thin" }],
    ["are thoughts when nothing else comes", think(false), "<think>Hm.\n", { reasoning: "Hm.\n" }],
    ["need not begin", think(false), "\n<thi", { text: "\n<thi" }],
    [
      "hold no calls",
      both(true),
      'Perhaps <tool_call>{"name": "now", "arguments": {}}</tool_call>?</think>',
      { reasoning: 'Perhaps <tool_call>{"name": "now", "arguments": {}}</tool_call>?' },
    ],
    [
      "stand before calls",
      both(false),
      '<think>\nHm.\n</think>\n\n<tool_call>\n{"name": "now", "arguments": {}}\n</tool_call>',
      { reasoning: "Hm.", calls: [now] },
    ],
    [
      "stand before calls without a mark",
      { ...think(true), ...calling("llama") },
      'Hm.</think>\n{"name": "now", "parameters": {}}',
      { reasoning: "Hm.", calls: [now] },
    ],
    [
      "stand before what looks like a call",
      { ...think(true), ...calling("llama") },
      'Hm.</think>\n{"name": "no"}',
      { reasoning: "Hm.", text: '{"name": "no"}' },
    ],
  ])("%s", (_, options, text, expected) => {
    expect(split(text, options)).toEqual({ text: "", reasoning: "", calls: [], ...expected });
  });
});

describe("text", () => {
  it("is told at once, but for what may be the start of a mark", () => {
    const splitter = createAnswerSplitter({ ...calling("hermes"), signs: plain });
    const texts = ["One ", "two <", "b> <tool", "s", " "].map((text) =>
      splitter
        .push(text)
        .map((part) => ("text" in part ? part.text : part.kind))
        .join(""),
    );
    expect(texts).toEqual(["One", " two", " <b>", " <tools", ""]);
    expect(splitter.end()).toEqual([{ kind: "text", text: " ", length: 1 }]);
  });

  it("is told as it comes where nothing is looked for", () => {
    const splitter = createAnswerSplitter({ signs: plain });
    expect(splitter.push(" <tool_call> ")).toEqual([{ kind: "text", text: " <tool_call> ", length: 13 }]);
  });
});
