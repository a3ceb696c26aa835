// Ollama's requests in the words that all wires share.
import { describe, expect, it, vi } from "vitest";
import type { ChatPrompt } from "../../chat/answer.ts";
import { readOllamaChat } from "./chat-request.ts";
import { readOllamaGenerate } from "./generate-request.ts";
import { keepAliveSeconds } from "./keep-alive.ts";

const model = "m";
const messages = [{ role: "user", content: "Hi" }];
const optionsOf = (options: object) => readOllamaChat({ model, messages, options }).request!.options;

describe("options", () => {
  it("have Ollama's names and its values for none", () => {
    expect(
      optionsOf({ temperature: 0, top_k: 0, top_p: 1.5, repeat_last_n: -1, num_predict: -1, seed: -1, stop: [], num_ctx: 8, tfs_z: 1 }),
    ).toEqual({ temperature: 0, topK: 0, topP: 1, repetitionWindow: Number.POSITIVE_INFINITY });
    expect(optionsOf({ min_p: 2, typical_p: 7 })).toEqual({ minP: 1, typicalP: 1 });
    expect(optionsOf({ num_predict: 7, seed: 3, stop: ["."], num_gpu: 99, num_thread: 4, nobody_knows: true })).toEqual({
      maxTokens: 7,
      seed: 3,
      stop: ["."],
    });
    expect(optionsOf({ num_predict: -2, repeat_penalty: 1.1, presence_penalty: 1, frequency_penalty: -1 })).toEqual({
      repetitionPenalty: 1.1,
      presencePenalty: 1,
      frequencyPenalty: -1,
    });
  });

  it("mirostat replaces the cuts, with Ollama's defaults", () => {
    expect(optionsOf({ mirostat: 2, top_k: 10, top_p: 0.5 })).toEqual({ mirostat: { tau: 5, eta: 0.1 } });
    expect(optionsOf({ mirostat: 0, top_k: 10 })).toEqual({ topK: 10 });
  });

  it("log-probabilities and formats", () => {
    const of = (given: object) => readOllamaChat({ model, messages, ...given }).request!.options;
    expect(of({ logprobs: true, top_logprobs: 3 })).toEqual({ logprobs: 3 });
    expect(of({ logprobs: false, top_logprobs: 3, format: "" })).toEqual({});
    expect(of({ format: "json" })).toEqual({ format: { kind: "json" } });
    expect(of({ format: { type: "object" } })).toEqual({ format: { kind: "schema", schema: { type: "object" } } });
  });
});

describe("what Ollama has not", () => {
  const tools = [{ type: "function", function: { name: "a" } }];
  const ofTools = (given: object) => readOllamaChat({ model, messages, tools, ...given }).request!.prompt;

  it.each([
    ["required", { toolChoice: "required" }],
    ["none", { toolChoice: "none" }],
    [{ type: "function", function: { name: "a" } }, { toolChoice: { name: "a" } }],
    [null, {}],
  ])("tool_choice %j, in OpenAI's words", (tool_choice, expected) => {
    expect(ofTools({ tool_choice })).toEqual({ messages, tools, ...expected });
  });

  it("a grammar, which stands alone", () => {
    const grammar = 'root ::= "a"';
    const format = { kind: "grammar", grammar };
    expect(readOllamaChat({ model, messages, grammar }).request!.options).toEqual({ format });
    expect(readOllamaGenerate({ model, prompt: "Hi", grammar }).request!(true).options).toEqual({ format });
    expect(readOllamaChat({ model, messages, grammar: "", format: "json" }).request!.options).toEqual({ format: { kind: "json" } });
    expect(() => readOllamaChat({ model, messages, grammar, format: "json" })).toThrow(
      "grammar was given with format: leave one of them out",
    );
  });

  it("a choice that there is not", () => {
    expect(() => ofTools({ tool_choice: "any" })).toThrow(/^tool_choice is "any": expected "none" or "auto" or "required"/);
    expect(() => ofTools({ tool_choice: { type: "function", function: { name: "b" } } })).toThrow(
      'tool_choice names "b": expected one of tools, a',
    );
    expect(() => ofTools({ tools: [], tool_choice: "required" })).toThrow("tool_choice asks for a tool, and there are none: give tools");
  });
});

it.each([
  ["5m", 300],
  ["1h30m", 5400],
  ["1.5s", 1.5],
  ["300ms", 0.3],
  ["-1m", Number.POSITIVE_INFINITY],
  ["0", 0],
  [-1, Number.POSITIVE_INFINITY],
  [0, 0],
  [90, 90],
  [null, undefined],
])("keep_alive %j is %j seconds", (given, seconds) => {
  expect(keepAliveSeconds(given)).toBe(seconds);
});

// The first has two readings for each of its parts where a zero may also stand alone: a billion in all.
it.each(["00s".repeat(30), "0".repeat(100), "0.0s".repeat(30), "1.".repeat(50), `0${"0ms".repeat(40)}`, "1s".repeat(65)])(
  "keep_alive %s! is refused at once",
  (text) => {
    expect(() => readOllamaChat({ model, keep_alive: `${text}!` })).toThrow(/^keep_alive is .*: expected seconds, or a duration/);
  },
);

it("keep_alive has one duration for a text: a zero has a unit too, unless it is all of it", () => {
  expect(() => readOllamaChat({ model, keep_alive: "01m" })).not.toThrow();
  expect(() => readOllamaChat({ model, keep_alive: "1m0" })).toThrow("expected seconds, or a duration");
  expect(() => readOllamaChat({ model, keep_alive: "1s".repeat(65) })).toThrow("expected seconds, or a duration");
});

describe("messages", () => {
  it("calls and their results find each other", () => {
    const call = (name: string) => ({ function: { name, arguments: { x: 1 } } });
    const { request } = readOllamaChat({
      model,
      messages: [
        { role: "user", content: "Go" },
        { role: "assistant", content: "", thinking: "well", tool_calls: [call("a"), call("b"), call("a")] },
        { role: "tool", tool_name: "b", content: "of b" },
        { role: "tool", tool_name: "a", content: "of a" },
        { role: "tool", content: "of the other a" },
      ],
      tools: [{ type: "function", function: { name: "a", parameters: { type: "object" } } }],
      think: "low",
    });
    expect(request!.prompt).toEqual({
      messages: [
        { role: "user", content: "Go" },
        {
          role: "assistant",
          content: "",
          reasoning_content: "well",
          tool_calls: ["a", "b", "a"].map((name, i) => ({ id: `call_${i}`, type: "function", function: { name, arguments: { x: 1 } } })),
        },
        { role: "tool", content: "of b", name: "b", tool_call_id: "call_1" },
        { role: "tool", content: "of a", name: "a", tool_call_id: "call_0" },
        { role: "tool", content: "of the other a", name: "a", tool_call_id: "call_2" },
      ],
      tools: [{ type: "function", function: { name: "a", parameters: { type: "object" } } }],
      reasoning: true,
    });
  });

  it("none: the model is loaded, or let go of", () => {
    expect(readOllamaChat({ model, keep_alive: "10m" })).toMatchObject({ request: undefined, keepAlive: 600 });
    expect(readOllamaGenerate({ model, prompt: "", keep_alive: 0 })).toMatchObject({ request: undefined, keepAlive: 0 });
  });
});

describe("a request that cannot be", () => {
  it.each([
    [{ messages }, "model is missing"],
    [{ model: "", messages }, 'model is "": expected the name of a model'],
    [{ model, messages, options: { temperature: "hot" } }, 'options.temperature is "hot": expected a number'],
    [{ model, messages, options: { mirostat: 1 } }, "options.mirostat is 1: expected 0, off, or 2: version 1 is not there"],
    [{ model, messages, format: "xml" }, 'format is "xml": expected "json" or a JSON schema'],
    [{ model, messages, keep_alive: "soon" }, /^keep_alive is "soon": expected seconds, or a duration/],
    [{ model, messages, top_logprobs: 21 }, "top_logprobs is 21: expected a number up to 20"],
    [{ model, messages: [{ role: "user", content: "", images: ["aGk="] }] }, /^messages\[0\]\.images is a list of 1: expected no images/],
    [{ model, messages: [{ role: "wizard", content: "" }] }, /^messages\[0\]\.role is "wizard": expected "system"/],
  ])("chat %j", (body, message) => {
    expect(() => readOllamaChat(body)).toThrow(message);
  });

  it.each([
    [{ model, prompt: "a", suffix: "b" }, "m does not support insert: leave suffix out"],
    [{ model, prompt: "a", template: "{{ .Prompt }}" }, /^template is in Go's language/],
    [{ model, prompt: "a", raw: true, system: "b" }, "raw mode does not support template, system, or context"],
    [{ model, prompt: "a", raw: true, context: [1] }, "raw mode does not support template, system, or context"],
    [{ model, prompt: "a", images: ["aGk="] }, /^images is a list of 1: expected no images/],
  ])("generate %j", (body, message) => {
    expect(() => readOllamaGenerate(body)).toThrow(message);
  });
});

it("generate: a text as it is, in the model's template, or without one", () => {
  const promptOf = (body: object, hasTemplate: boolean) => readOllamaGenerate({ model, prompt: "Hi", ...body }).request!(hasTemplate);
  expect(promptOf({ raw: true }, true)).toMatchObject({ prompt: { text: "Hi", parseSpecial: true }, tellIds: false });
  expect(promptOf({ system: "Be", context: [1, 2] }, true)).toMatchObject({
    prompt: {
      messages: [
        { role: "system", content: "Be" },
        { role: "user", content: "Hi" },
      ],
    },
    before: [1, 2],
    tellIds: true,
  });
  expect(promptOf({ system: "Be" }, false)).toMatchObject({ prompt: { text: "Be\n\nHi" } });
});

it("finds the call of each of ten thousand results without a walk along all of them", () => {
  const calls = Array.from({ length: 9998 }, (_, i) => ({ id: `c${i}`, function: { name: `f${i % 7}`, arguments: {} } }));
  const findIndex = vi.spyOn(Array.prototype, "findIndex");
  const splice = vi.spyOn(Array.prototype, "splice");
  const results = calls.map((_, i) => ({ role: "tool", content: "", tool_call_id: `c${9997 - i}` }));
  const body = { model, messages: [{ role: "assistant", tool_calls: calls }, ...results] };
  const { request } = readOllamaChat(body);
  const walks = findIndex.mock.calls.length + splice.mock.calls.length;
  vi.restoreAllMocks();
  expect(walks).toBe(0);
  const told = (request!.prompt as ChatPrompt).messages.slice(1);
  expect(told.map(({ name }) => name)).toEqual(results.map((_, i) => `f${(9997 - i) % 7}`));
});
