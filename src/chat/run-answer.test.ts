// Whole answers of a model that says what the test wants.
import { describe, expect, it, vi } from "vitest";
import { goldenPath, readGolden } from "../../test/goldens.ts";
import { type Script, scriptedModel } from "../../test/scripted-model.ts";
import * as validator from "../generate/grammar/validator.ts";
import type { AnswerEnd, AnswerEvent, AnswerRequest, ChatPrompt } from "./answer.ts";
import type { Tool } from "./messages.ts";
import { runAnswer } from "./run-answer.ts";

const tools: Tool[] = [
  {
    type: "function",
    function: {
      name: "get_weather",
      parameters: {
        type: "object",
        properties: { city: { type: "string", maxLength: 20 } },
        required: ["city"],
        additionalProperties: false,
      },
    },
  },
  { type: "function", function: { name: "now" } },
];

interface Answer {
  text: string;
  reasoning: string;
  calls: { id: string; name: string; arguments: string }[];
  end: AnswerEnd;
  events: AnswerEvent[];
}

async function collect(answer: AsyncIterable<AnswerEvent>): Promise<Answer> {
  const events: AnswerEvent[] = [];
  const all: Omit<Answer, "end" | "events"> = { text: "", reasoning: "", calls: [] };
  for await (const event of answer) {
    events.push(event);
    if (event.type === "text" || event.type === "reasoning") all[event.type] += event.text;
    else if (event.type === "toolCall") all.calls[event.index] = { id: event.id, name: event.name, arguments: "" };
    else if (event.type === "toolArguments") all.calls[event.index].arguments += event.text;
  }
  return { ...all, events, end: events[events.length - 1] as Answer["end"] };
}

const template = "{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}[assistant] ";
const thinking = `${template}{# <think> </think> #}`;

async function answer(
  says: string,
  prompt: Partial<ChatPrompt> = {},
  options: AnswerRequest["options"] = {},
  script: Partial<Script> = {},
): Promise<Answer> {
  const model = await scriptedModel({ template, says, ...script });
  const messages = [{ role: "user", content: "Go on." }];
  return collect(runAnswer(model, { prompt: { messages, ...prompt }, options: { temperature: 0, maxTokens: 200, seed: 1, ...options } }));
}

describe("an answer", () => {
  it("is text, and ends as generation ends", async () => {
    const { text, end, events } = await answer("Once upon a time.<|eot_id|>");
    expect(text).toBe("Once upon a time.");
    expect(events[0]).toMatchObject({ type: "prompt", cachedTokens: 0 });
    expect(end).toMatchObject({ reason: "end", stop: undefined, seed: 1, usage: { reasoningTokens: 0 } });
    expect(end.usage.generatedTokens).toBeGreaterThan(4);
    expect((await answer("Once", {}, { maxTokens: 7 })).end).toMatchObject({ reason: "length", usage: { generatedTokens: 7 } });
  });

  it("ends before a stop string in its text", async () => {
    const { text, end } = await answer("One. Two. Three.", {}, { stop: ["Three", "Two"] });
    expect([text, end.reason, end.stop]).toEqual(["One. ", "stop", "Two"]);
    const thoughts = await answer("<think>Two</think>One. Two", {}, { stop: "Two" }, { template: thinking });
    expect([thoughts.reasoning, thoughts.text]).toEqual(["Two", "One. "]);
    await expect(answer("x", {}, { stop: "" })).rejects.toThrow("stop has an empty text (1 of 1)");
  });

  it("tells every token once, in order", async () => {
    const says = '<think>\nHm, I see.\n</think>\n\nYes.\n<tool_call>\n{"name": "now", "arguments": {}}\n</tool_call><|eot_id|>';
    const { events, end } = await answer(says, { tools }, { logprobs: 2 }, { template: thinking });
    const { tokenizer } = await scriptedModel({ template, says });
    const told = events.flatMap((event) => ("tokens" in event ? event.tokens : []));
    expect(told.map(({ id }) => id)).toEqual(tokenizer.encode(says, { parseSpecial: true }));
    expect(told).toHaveLength(end.usage.generatedTokens);
    expect(told.every(({ top, logprob }) => top.length === 2 && logprob <= 0)).toBe(true);
    const thoughts = events.flatMap((event) => (event.type === "reasoning" ? event.tokens : []));
    expect(end.usage.reasoningTokens).toBe(thoughts.length);
    expect(tokenizer.decode(thoughts.map(({ id }) => id))).toBe("<think>\nHm, I see.\n</think>");
  });

  it("to a text or ids is their continuation, whatever it holds", async () => {
    const says = '<think>a</think><tool_call>{"name": "now", "arguments": {}}</tool_call>';
    const model = await scriptedModel({ template: thinking, says: `${says}<|eot_id|>` });
    const continued = await collect(runAnswer(model, { prompt: { text: "Once" }, options: { temperature: 0, maxTokens: 100 } }));
    expect([continued.text, continued.calls, continued.end.reason]).toEqual([says, [], "end"]);
    expect(model.prompts).toEqual(["Once"]);
  });

  it("leaves nothing behind when it is not waited for", async () => {
    const model = await scriptedModel({ template, says: "Once upon a time" });
    for await (const event of runAnswer(model, { prompt: { messages: [{ role: "user", content: "x" }] } }))
      if (event.type === "text") break;
    expect(model.released).toBe(1);
  });
});

describe("thoughts", () => {
  it("are told apart, and counted", async () => {
    const { reasoning, text, end } = await answer("<think>\nHm.\n</think>\n\nYes.<|eot_id|>", {}, {}, { template: thinking });
    expect([reasoning, text]).toEqual(["Hm.", "Yes."]);
    expect(end.usage.reasoningTokens).toBeGreaterThan(3);
  });

  it("of special tokens, too", async () => {
    const says = "<think>\nHm.\n</think>\n\nYes.<|eot_id|>";
    const { reasoning, text, end } = await answer(says, {}, {}, { template: thinking, special: ["<think>", "</think>"] });
    expect([reasoning, text]).toEqual(["Hm.", "Yes."]);
    expect(end.usage.reasoningTokens).toBeLessThan(8);
  });

  it("are text for a model that does not think", async () => {
    const says = "<think>Hm.</think>";
    expect((await answer(`${says}<|eot_id|>`, { reasoning: true })).text).toBe(says);
  });
});

describe("calls", () => {
  const now = '<tool_call>\n{"name": "now", "arguments": {}}\n</tool_call>';

  it("end the answer with their own reason, and have ids", async () => {
    const { text, calls, end } = await answer(`Let me look.\n${now}\n${now}<|eot_id|>`, { tools });
    expect([text, end.reason]).toEqual(["Let me look.", "toolCalls"]);
    expect(calls).toMatchObject([
      { name: "now", arguments: "{}" },
      { name: "now", arguments: "{}" },
    ]);
    expect(calls[0].id).toMatch(/^call_[a-zA-Z0-9]{24}$/);
    expect(calls[0].id).not.toBe(calls[1].id);
    const again = await answer(`${now}<|eot_id|>`, { tools });
    expect(again.calls[0].id).toBe(calls[0].id);
    const later = await answer(`${now}<|eot_id|>`, { tools, messages: [{ role: "user", content: "Later." }] });
    expect(later.calls[0].id).not.toBe(calls[0].id);
  });

  // Its items have to differ, which no grammar holds.
  const list = { type: "array", items: { enum: ["a", "b"] }, minItems: 2, maxItems: 2, uniqueItems: true };
  const pick: Tool = {
    type: "function",
    function: { name: "pick", parameters: { type: "object", properties: { list }, required: ["list"], additionalProperties: false } },
  };
  const picked = (given: string): string => `<tool_call>\n{"name": "pick", "arguments": ${given}}\n</tool_call>`;

  it("are whole and right before they are told, where a grammar cannot hold their schema, and text where they are wrong", async () => {
    const right = await answer(`${picked('{"list": ["a", "b"]}')}<|eot_id|>`, { tools: [pick] });
    expect([right.text, right.end.reason, right.calls.map((call) => call.arguments)]).toEqual(["", "toolCalls", ['{"list": ["a", "b"]}']]);
    const wrong = await answer(`${picked('{"list": ["a", "a"]}')}<|eot_id|>`, { tools: [pick] });
    expect([wrong.text, wrong.end.reason, wrong.calls]).toEqual([picked('{"list": ["a", "a"]}'), "end", []]);
    // The rest is held.
    const held = await answer(`${picked('{"list": ["a", "c"]}')}<|eot_id|>`, { tools: [pick] });
    expect(held.text + held.calls.map((call) => call.arguments).join()).not.toContain('"c"');
  });

  it("are judged where they began in a way that no grammar took on", async () => {
    // Llama's own form, which is read at its end.
    const python = { template: `${template}{# <|start_header_id|> "parameters": tool_calls #}`, special: ["<|python_tag|>"] };
    const call = (city: string): Promise<Answer> => answer(`<|python_tag|>get_weather.call(city=${city})<|eot_id|>`, { tools }, {}, python);
    expect((await call('"Bern"')).calls).toMatchObject([{ name: "get_weather", arguments: '{"city":"Bern"}' }]);
    const wrong = await call("3");
    expect([wrong.calls, wrong.end.reason, wrong.text]).toEqual([[], "end", expect.stringContaining("get_weather.call(city=3)")]);
  });

  it("are judged by JSON Schema alone: patterns hold in any order, and properties that nobody forbids may be there", async () => {
    const python = { template: `${template}{# <|start_header_id|> "parameters": tool_calls #}`, special: ["<|python_tag|>"] };
    const zip = { type: "string", pattern: "^\\d{5}$", default: { pattern: "data" } };
    const parameters = { type: "object", properties: { zip, city: { type: "string" } }, required: ["zip", "city"] };
    const offered: Tool = { type: "function", function: { name: "get_weather", parameters } };
    const call = async (given: string): Promise<string[]> => {
      const { calls } = await answer(`<|python_tag|>get_weather.call(${given})<|eot_id|>`, { tools: [offered] }, {}, python);
      return calls.map((each) => each.arguments);
    };
    expect(await call('city="Bern", zip="12345", more=1')).toEqual(['{"city":"Bern","zip":"12345","more":1}']);
    expect(await call('city="Bern", zip="1234", more=1')).toEqual([]);
  });

  it("are asked about once more by something else than the grammar, before their end is told", async () => {
    const failing = vi.spyOn(validator, "createValidator").mockResolvedValue({ read() {}, satisfies: () => false, fits: () => false });
    try {
      const events: AnswerEvent[] = [];
      const model = await scriptedModel({ template, says: "Once" });
      const once: Tool = {
        type: "function",
        function: { name: "now", parameters: { type: "object", properties: { once: { enum: [1] } } } },
      };
      const prompt = { messages: [{ role: "user", content: "Go on." }], tools: [once], toolChoice: { name: "now" } };
      const telling = async (): Promise<void> => {
        for await (const event of runAnswer(model, { prompt, options: { temperature: 0, seed: 1 } })) events.push(event);
      };
      await expect(telling()).rejects.toThrow(
        'the arguments of a call of "now" do not satisfy their schema, though every token of them was allowed',
      );
      expect(events.map(({ type }) => type)).not.toContain("toolCallEnd");
      expect(events.map(({ type }) => type)).toContain("toolCall");
    } finally {
      failing.mockRestore();
    }
  });

  it("come one at a time where that is asked for", async () => {
    const { calls, end } = await answer(`${now}\n${now}<|eot_id|>`, { tools, parallelToolCalls: false });
    expect([calls.length, end.reason]).toEqual([1, "toolCalls"]);
  });

  it("are text where no tools are offered, or other ones, or none may be called", async () => {
    const said = `${now}<|eot_id|>`;
    for (const prompt of [{}, { tools: [tools[0]] }, { tools, toolChoice: "none" as const }]) {
      const { text, calls, end } = await answer(said, prompt);
      expect([text, calls, end.reason]).toEqual([now, [], "end"]);
    }
  });
});

describe.skipIf(!goldenPath("templates"))("with the templates of published models", () => {
  const weather = '{"city": "Bern"}';
  const families: [string, Partial<Script>, string][] = [
    ["llama-3.2", {}, `{"name": "get_weather", "parameters": ${weather}}`],
    ["llama-3.1", { special: ["<|python_tag|>"] }, `<|python_tag|>{"name": "get_weather", "parameters": ${weather}}`],
    ["qwen-2.5", {}, `<tool_call>\n{"name": "get_weather", "arguments": ${weather}}\n</tool_call>`],
    [
      "qwen-3",
      { special: ["<think>", "</think>", "<tool_call>", "</tool_call>"] },
      `<think>\nHm.\n</think>\n\n<tool_call>\n{"name": "get_weather", "arguments": ${weather}}\n</tool_call>`,
    ],
    ["hermes-2-pro", {}, `<tool_call>\n{"name": "get_weather", "arguments": ${weather}}\n</tool_call>`],
    ["mistral-v0.3", { special: ["[TOOL_CALLS]"] }, `[TOOL_CALLS] [{"name": "get_weather", "arguments": ${weather}}]`],
    [
      "deepseek-r1-distill",
      { special: ["</think>"] },
      `Hm.</think>\n\n<tool_call>\n{"name": "get_weather", "arguments": ${weather}}\n</tool_call>`,
    ],
    ["smollm2", {}, `<tool_call>\n{"name": "get_weather", "arguments": ${weather}}\n</tool_call>`],
  ];

  it.each(families)("%s: a call that the model makes is told as it comes", async (name, script, says) => {
    const { template } = readGolden(`templates/${name}.json`);
    const { text, calls, events, end } = await answer(`${says}<|eot_id|>`, { tools }, { logprobs: 0 }, { template, ...script });
    expect([text, end.reason, calls]).toEqual(["", "toolCalls", [{ id: calls[0]?.id, name: "get_weather", arguments: weather }]]);
    expect(events.filter(({ type }) => type === "toolArguments").length).toBeGreaterThan(3);
    expect(calls[0].id).toMatch(name.startsWith("mistral") ? /^[a-zA-Z0-9]{9}$/ : /^call_[a-zA-Z0-9]{24}$/);
    expect(events.flatMap((event) => ("tokens" in event ? event.tokens : []))).toHaveLength(end.usage.generatedTokens);
  });

  it.each(families)("%s: a call that the model does not want to make comes, and its arguments fit", async (name, script) => {
    const { template } = readGolden(`templates/${name}.json`);
    const { text, calls, end } = await answer(
      "Once upon a time</think>",
      { tools, toolChoice: { name: "get_weather" } },
      {},
      { template, ...script },
    );
    expect([text, end.reason, calls.length]).toEqual(["", "toolCalls", 1]);
    expect(JSON.parse(calls[0].arguments)).toEqual({ city: expect.stringMatching(/^.{0,20}$/s) });
  });

  it("arguments that the model gets wrong come right", async () => {
    const says = '<tool_call>{"name": "get_weather", "arguments": {"town": "Bern", "city": 3}}</tool_call><|eot_id|>';
    const { calls } = await answer(says, { tools });
    expect(JSON.parse(calls[0].arguments)).toEqual({ city: expect.any(String) });
  });

  it("thoughts come before a call that has to come", async () => {
    const { template } = readGolden("templates/qwen-3.json");
    const special = ["<think>", "</think>"];
    const { reasoning, calls } = await answer(
      "<think>\nHm.\n</think>\n\nOnce",
      { tools, toolChoice: { name: "now" } },
      {},
      { template, special },
    );
    expect([reasoning, calls.length]).toEqual(["Hm.", 1]);
    const off = await answer(
      "<think>\nHm.\n</think>\n\nOnce",
      { tools, toolChoice: { name: "now" }, reasoning: false },
      {},
      { template, special },
    );
    expect([off.reasoning, off.calls.length]).toEqual(["", 1]);
  });
});

describe("a format", () => {
  const schema = { type: "object", properties: { a: { enum: [1, 2] } }, required: ["a"], additionalProperties: false };
  const format = { kind: "schema", schema } as const;

  it("begins behind the thoughts, which are free", async () => {
    for (const special of [[], ["<think>", "</think>"]]) {
      const { reasoning, text, end } = await answer("<think>Hm, {.\n</think>\n\nOnce", {}, { format }, { template: thinking, special });
      expect([reasoning, end.reason]).toEqual(["Hm, {.", "end"]);
      expect([1, 2]).toContain(JSON.parse(text).a);
    }
  });

  it("is that of the whole answer where the model does not think, or shall not", async () => {
    const without = await answer("Once upon", {}, { format });
    expect([without.reasoning, [1, 2].includes(JSON.parse(without.text).a)]).toEqual(["", true]);
    const off = await answer("<think>Hm.</think>", { reasoning: false }, { format }, { template: thinking });
    expect([off.reasoning, [1, 2].includes(JSON.parse(off.text).a)]).toEqual(["", true]);
  });

  it("leaves room for calls where tools are offered", async () => {
    const says = '<tool_call>\n{"name": "now", "arguments": {}}\n</tool_call><|eot_id|>';
    const called = await answer(says, { tools }, { format });
    expect([called.text, called.calls.length, called.end.reason]).toEqual(["", 1, "toolCalls"]);
    const told = await answer('{"a": 2}<|eot_id|>', { tools }, { format });
    expect([JSON.parse(told.text), told.calls, told.end.reason]).toEqual([{ a: 2 }, [], "end"]);
    const both = await answer("Once upon", { tools, toolChoice: "none" }, { format });
    expect([1, 2]).toContain(JSON.parse(both.text).a);
  });

  it("that cannot be enforced is refused before anything runs", async () => {
    const refused = answer("x", { tools }, { format: { kind: "schema", schema: { not: {} } } });
    await expect(refused).rejects.toThrow(/schema: .*not/);
  });
});
