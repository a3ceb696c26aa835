// What is enforced, against a model that wants something else.
import { describe, expect, it } from "vitest";
import { type ScriptedModel, scriptedModel } from "../../../test/scripted-model.ts";
import type { Constraint } from "../../generate/constraint.ts";
import type { FormatConstraint } from "../../generate/grammar/format-constraint.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import { signsOf } from "../marks.ts";
import type { Tool } from "../messages.ts";
import { createAnswerSplitter, type Part } from "../split-answer.ts";
import type { CallFamily } from "../tool-calls/call-format.ts";
import type { ReadCall } from "../tool-calls/call-reader.ts";
import { createSteering, type SteerOptions } from "./steer.ts";
import type { ToolParameters } from "./tool-parameters.ts";

/** One of these texts, by whatever tokens. */
function texts(tokenizer: Tokenizer, any: readonly string[]): FormatConstraint & { disposed: boolean } {
  const vocabulary = Array.from({ length: tokenizer.vocabSize }, (_, id) => (tokenizer.endIds.has(id) ? "" : tokenizer.decode([id])));
  const textOf = (id: number): string => vocabulary[id];
  let written = "";
  const may = (more: string): boolean => more !== "" && any.some((text) => text.startsWith(written + more));
  return {
    disposed: false,
    mask: (scores) => scores.map((score, id) => (may(textOf(id)) ? score : Number.NEGATIVE_INFINITY)),
    accept(id) {
      written += textOf(id);
    },
    acceptText(text) {
      if (!may(text)) return false;
      written += text;
      return true;
    },
    verify() {},
    get finished() {
      return any.includes(written);
    },
    dispose() {
      this.disposed = true;
    },
  };
}

/** Parameters that some constraint enforces, or only what of them it can. */
function parametersOf(constrain: (name: string) => Promise<Constraint>, enforced = true): ReadonlyMap<string, ToolParameters> {
  return new Map(
    tools.map(({ function: { name } }) => {
      const right = (text: string): boolean => rightArguments[name].includes(text);
      return [name, { enforced, constrain: () => constrain(name), fit: async (text) => right(text), verify() {} }];
    }),
  );
}

const tool = (name: string, required: string[] = []): Tool => ({ type: "function", function: { name, parameters: { required } } });
const tools = [tool("get"), tool("get_weather", ["city"])];
const rightArguments: Record<string, string[]> = { get: ["{}"], get_weather: ['{"city": "Bern"}'] };

interface Said {
  text: string;
  parts: Part[];
  reason: string;
}

/** What comes of a model that says something, when it is steered. */
async function say(
  says: string,
  options: Omit<SteerOptions, "tokenizer" | "calls"> & { calls?: Partial<SteerOptions["calls"]> & { family: CallFamily } },
  maxTokens = 200,
): Promise<Said> {
  const special = ["[TOOL_CALLS]", "[ARGS]"];
  const model: ScriptedModel = await scriptedModel({ template: "", says, special });
  const { tokenizer } = model;
  const constraints: { disposed: boolean }[] = [];
  const parameters = parametersOf(async (name) => {
    const constraint = texts(tokenizer, rightArguments[name]);
    constraints.push(constraint);
    return constraint;
  });
  const { calls } = options;
  const steering = createSteering({
    tokenizer,
    ...options,
    calls: calls && { tools, forced: true, several: false, parameters, ...calls },
  });
  const signs = signsOf(tokenizer);
  const splitter = createAnswerSplitter({
    signs,
    calls: calls && { family: calls.family, offered: new Set(["get", "get_weather"]) },
    thoughts: options.thoughts && { open: "<think>", close: "</think>", begun: options.thoughts.begun },
  });
  const sequence = await model.engine.begin([1], 1);
  const parts: Part[] = [];
  let text = "";
  let reason = "length";
  for (let n = 0; n < maxTokens; n++) {
    const row = steering.mask(sequence.scores);
    const id = row.indexOf(Math.max(...row));
    steering.accept(id);
    const end = tokenizer.endIds.has(id);
    const piece = end || signs.ofToken(id) ? "" : tokenizer.decode([id]);
    text += piece || signs.ofToken(id);
    await steering.ready();
    const { thinking } = splitter;
    parts.push(...splitter.push(piece, signs.ofToken(id)));
    if (!thinking && splitter.thinking) steering.think();
    if (thinking && !splitter.thinking) steering.answer("");
    if (splitter.opened && (await steering.call(splitter.opened))) parts.push(...splitter.trust());
    if (end || steering.finished) {
      reason = end ? "end" : "finished";
      break;
    }
    await sequence.append(id);
  }
  parts.push(...splitter.end());
  steering.dispose();
  expect(constraints.every(({ disposed }) => disposed)).toBe(true);
  return { text, parts, reason };
}

const callsIn = ({ parts }: Said): unknown[] =>
  parts.flatMap((part) => (part.kind === "call" ? [part.name] : part.kind === "arguments" ? [part.text] : []));
const joined = (said: Said): string => callsIn(said).join("");

describe("a call that has to come", () => {
  it.each<[CallFamily, string]>([
    ["hermes", '<tool_call>\n{"name": "get", "arguments": {}}\n</tool_call>'],
    ["llama", '{"name": "get", "parameters": {}}'],
    ["mistral", '\uFDD4 [{"name": "get", "arguments": {}}'],
    ["mistral-args", '\uFDD4get_weather\uFDD6{"city": "Bern"}'],
  ])("comes in the words of %s, and nothing else", async (family, expected) => {
    const said = await say("Once upon a time", { calls: { family } });
    expect([said.text, said.reason]).toEqual([expected, "finished"]);
    expect(joined(said)).toBe(family === "mistral-args" ? 'get_weather{"city": "Bern"}' : "get{}");
  });

  it("is of the function that the model wants, with the arguments that it wants, where they are right", async () => {
    const said = await say('<tool_call>\n{"name": "get_weather", "arguments": {"city": "Rome"}}', { calls: { family: "hermes" } });
    expect(joined(said)).toBe('get_weather{"city": "Bern"}');
    expect(callsIn(said).length).toBeGreaterThan(4); // as they come
  });

  it("may be followed by others, and by nothing else", async () => {
    const two =
      '<tool_call>\n{"name": "get", "arguments": {}}\n</tool_call>\n<tool_call>\n{"name": "get_weather", "arguments": {"city": "Bern"}}\n</tool_call>';
    const said = await say(`${two}<|eot_id|>`, { calls: { family: "hermes", several: true } });
    expect([said.text, said.reason, joined(said)]).toEqual([two, "end", 'get{}get_weather{"city": "Bern"}']);
  });

  it("comes behind thoughts, which may not be the end", async () => {
    const thoughts = { begun: true, open: undefined, gap: [] };
    const said = await say("Hm.<|eot_id|></think>Once", { thoughts, calls: { family: "hermes" } }, 120);
    expect(said.reason).toBe("length"); // the script waits for its end token
    const after = await say("Hm.</think>Once", { thoughts, calls: { family: "hermes" } }, 120);
    expect(after.text).toMatch(/^Hm\.<\/think><tool_call>\n/);
    expect([after.reason, joined(after)]).toEqual(["finished", "get{}"]);
  });
});

describe("thoughts before what has to come", () => {
  it("may be opened by the model, or left out", async () => {
    const { tokenizer } = await scriptedModel({ template: "", says: "" });
    const thoughts = { begun: false, open: tokenizer.encode("<think>"), gap: tokenizer.encode("\n\n") };
    const said = await say("<think>Hm.</think>Once", { thoughts, calls: { family: "llama" } });
    expect(said.text).toMatch(/^<think>Hm\.<\/think>\n\n\{"name"/);
    expect(joined(said)).toBe("get{}");
    const without = await say('{"name": "get"', { thoughts, calls: { family: "llama" } });
    expect(without.text).toMatch(/^\{"name"/);
  });
});

describe("a call that need not come", () => {
  const calls = { family: "hermes", forced: false, several: true } as const;

  it("leaves the answer alone while there is none", async () => {
    const said = await say("Once upon a time<|eot_id|>", { calls });
    expect([said.text, said.reason]).toEqual(["Once upon a time", "end"]);
  });

  it("is right from where its arguments begin, and free again behind its end", async () => {
    const said = await say('Yes. <tool_call>{"name": "get_weather", "arguments": {"city": "Bern"}}\n</tool_call> So.<|eot_id|>', { calls });
    expect(joined(said)).toBe('get_weather{"city": "Bern"}');
    expect(said.text).toMatch(/^Yes\. .*\}\n<\/tool_call> So\.$/s);
    const wrong = await say('<tool_call>{"name": "get_weather", "arguments": {"city": "Rome"}}</tool_call>', { calls });
    expect(joined(wrong)).toBe('get_weather{"city": "Bern"}');
  });

  it("is not touched where it has begun in a way that cannot become right", async () => {
    const { tokenizer } = await scriptedModel({ template: "", says: "" });
    const made: { disposed: boolean }[] = [];
    const parameters = parametersOf(async (name) => {
      const constraint = texts(tokenizer, rightArguments[name]);
      made.push(constraint);
      return constraint;
    });
    const steering = createSteering({ tokenizer, calls: { ...calls, tools, parameters } });
    const scores = new Float32Array(tokenizer.vocabSize);
    // Asked again with each token: one grammar is begun, and let go at once.
    for (const written of ['{"town', '{"town":', '{"town": 1']) {
      expect(await steering.call({ place: 1, name: "get_weather", written })).toBe(false);
      expect(steering.mask(scores)).toBe(scores);
      expect(made.map(({ disposed }) => disposed)).toEqual([true]);
    }
    expect(await steering.call({ place: 2, name: "get_weather", written: '{"city' })).toBe(true);
    expect(steering.mask(scores)).not.toBe(scores);
  });

  it("may come in the place of a text of some format", async () => {
    const { tokenizer } = await scriptedModel({ template: "", says: "" });
    const format = (): FormatConstraint => texts(tokenizer, ["red", "blue"]);
    const said = await say("blue and", { calls, format: format() });
    expect([said.text, said.reason]).toEqual(["blue", "finished"]);
    const called = await say('<tool_call>\n{"name": "get", "arguments": {}}\n</tool_call><|eot_id|>', { calls, format: format() });
    expect([joined(called), called.reason]).toEqual(["get{}", "end"]);
  });

  it("is constrained as far as that can be, and has to be judged, where that is not all", async () => {
    const { tokenizer } = await scriptedModel({ template: "", says: "" });
    const parameters = parametersOf(async (name) => texts(tokenizer, rightArguments[name]), false);
    const steering = createSteering({ tokenizer, calls: { ...calls, tools, parameters } });
    const scores = new Float32Array(tokenizer.vocabSize);
    // Asked again with each token.
    for (const written of ['{"city', '{"city":']) {
      expect(await steering.call({ place: 1, name: "get_weather", written })).toBe(false);
      expect(steering.mask(scores)).not.toBe(scores);
    }
    const call = (name: string, text: string): ReadCall => ({ name, arguments: text });
    expect(await steering.fits(call("get_weather", '{"city": "Bern"}'))).toBe(true);
    expect([await steering.fits(call("get_weather", "{}")), await steering.fits(call("other", "{}"))]).toEqual([false, false]);
  });
});
