// Tools, thoughts and JSON of a schema through every wire, by the clients that people have: what has to be the same in all of them, whole and streamed.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Anthropic from "@anthropic-ai/sdk";
import { type Schema, validate } from "@cfworker/json-schema";
import { Ollama } from "ollama";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { END, writeChainModel } from "./chain-model.ts";
import { bundled, startTestServer, type TestServer } from "./start-server.ts";
import { type Client, type JsonSchema, type Question, toolClients } from "./tool-clients.ts";

// Thinks unless it is told not to, calls twice where there is something to call, and says what came of it if it is shown all that was before.
const template = `{#- <tool_call> -#}
{{- bos_token + messages[-1].role + ': ' + messages[-1].content }}
{%- if tools %}{{ tools | tojson }}{% endif %}
{%- if messages[-1].role == 'tool' %}
  {%- set turn, results = messages[1], messages[2:] %}
  {%- set arguments = turn.tool_calls[0].function.arguments %}
  {%- if turn.tool_calls | length != results | length %}{{ raise_exception('not every call has a result') }}{% endif %}
  {%- if results[0].tool_call_id != turn.tool_calls[0].id %}{{ raise_exception('a result of nothing') }}{% endif %}
  {%- if arguments.city != 'Bern' %}{{ raise_exception('other arguments: ' + arguments | tojson) }}{% endif %}
  {%- if turn.reasoning_content != 'I need the weather of Bern.' %}{{ raise_exception('other thoughts: ' + turn | tojson) }}{% endif %}
  {{- '<|told|>' }}
{%- elif enable_thinking is defined and not enable_thinking %}{{ '<|act|>' if tools else '<|talk|>' }}
{%- else %}{{ '<think>' if tools else '<think>\n' }}
{%- endif %}{#- </think> -#}`;

const another = '<tool_call>\n{"name": "weather", "arguments": {"city": "Rome"}}\n</tool_call>';
const act = ["<tool_call>", '\n{"name": "weather", "arguments": ', '{"city": "', "Bern", '"}', "</tool_call>", another, END];
const talk = ["Hello", " there, friend.", END];
const chains = [
  ["<think>", "I need", " the weather of", " Bern.", "</think>", ...act],
  ["<think>\n", "A friend:", " I say", " hello.", "</think>\n\n", ...talk],
  ["<|act|>", ...act],
  ["<|talk|>", ...talk],
  ["<|told|>", "It has", " 30 degrees.", END],
];

const city = { type: "string", minLength: 1, maxLength: 9 };
const place: JsonSchema = {
  type: "object",
  properties: { city, days: { type: "integer", minimum: 1, maximum: 7 }, unit: { enum: ["C", "F"] } },
  required: ["city", "unit"],
  additionalProperties: false,
};
const weather = { name: "weather", parameters: place };
const clock = {
  name: "clock",
  parameters: { type: "object", properties: { zone: { enum: ["UTC", "CET"] } }, required: ["zone"], additionalProperties: false },
};
const easy = { name: "weather", parameters: { type: "object", properties: { city }, required: ["city"], additionalProperties: false } };
const unsure = { type: "object", properties: { city: { type: "string", not: { const: "Rome" } } }, required: ["city"] };

const misspelt = { type: "object", properties: { city: { type: "string", minLenght: 1 } } };

const of = (schema: JsonSchema, value: unknown): boolean => validate(value, schema as Schema, "2020-12").valid;
/** The arguments of a call as a value, whatever carries them. */
const given = (written: unknown): unknown => (typeof written === "string" ? JSON.parse(written) : written);

let folder: string;
let server: TestServer;
let clients: Client[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cria-tools-"));
  const path = join(folder, "chain.gguf");
  await writeChainModel(path, template, chains);
  server = await startTestServer([], { models: [`stories=${bundled}`, `chain=${path}`] });
  clients = toolClients(server.url);
});
afterAll(async () => {
  expect(await server.stop()).toBe(0);
  await rm(folder, { recursive: true });
});

const story: Question = { model: "stories", text: "Tell a story about a dog.", maxTokens: 200 };
const question: Question = { model: "chain", text: "How warm is it in Bern?", maxTokens: 100 };

// By its place, since clients are made when the server is there.
describe.each([
  ["OpenAI, chat completions", 0],
  ["OpenAI, responses", 1],
  ["Ollama", 2],
  ["Anthropic", 3],
  ["AI SDK", 4],
])("%s", (name, at) => {
  describe.each([false, true])("streamed: %s", (stream) => {
    const client = (): Client => {
      expect(clients[at].name).toBe(name);
      return clients[at];
    };
    const ask = (asked: Question) => client().ask(asked, stream);
    const ids = name === "Anthropic" ? /^toolu_\w{8,}$/ : /^call_\w{8,}$/;

    // Ollama's wire has no choice of tools.
    it.skipIf(name === "Ollama")("calls where it has to, which the model would never do, and right", async () => {
      const tools = [weather, clock];
      for (const choice of ["required", { name: "weather" }] as const) {
        const turn = await ask({ ...story, tools, choice, parallel: false });
        const { text, calls, ending, pieces, tokens } = turn;
        expect([choice, text, calls.length, ending]).toEqual([choice, "", 1, client().endings.call]);
        const [{ id, name: called, arguments: written }] = calls;
        expect(id).toMatch(ids);
        expect(typeof written).toBe(client().arguments);
        if (typeof choice === "object") expect(called).toBe(choice.name);
        const { parameters } = tools.find((each) => each.name === called)!;
        expect([written, of(parameters, given(written))]).toEqual([written, true]);
        if (stream) expect(pieces.arguments).toBeGreaterThan(1);
        expect(tokens).toBeGreaterThan(5);

        const next = await ask({ ...story, maxTokens: 8, tools, before: { turn, results: ["30 degrees"] } });
        expect([next.calls, next.ending]).toEqual([[], client().endings.length]);
        expect(next.text).toMatch(/\w/);
      }
    });

    it.skipIf(name === "Ollama")("calls nothing where it must not", async () => {
      const { text, calls, thoughts, ending } = await ask({ ...question, tools: [easy], choice: "none", think: true });
      expect([text, calls, thoughts, ending]).toEqual(["Hello there, friend.", [], "A friend: I say hello.", client().endings.end]);
      const told = await ask({ ...story, maxTokens: 12, tools: [weather], choice: "none" });
      expect([told.calls, told.ending]).toEqual([[], client().endings.length]);
      expect(told.text).toMatch(/\w+ \w+/);
    });

    it("tells thoughts and calls that the model makes by itself, and goes on from what they give", async () => {
      const turn = await ask({ ...question, tools: [easy], think: true });
      const { text, thoughts, thoughtTokens, calls, ending, pieces } = turn;
      expect([text, thoughts, ending]).toEqual(["", "I need the weather of Bern.", client().endings.call]);
      expect(calls.map((call) => [call.name, typeof call.arguments, given(call.arguments)])).toEqual(
        ["Bern", "Rome"].map((city) => ["weather", client().arguments, { city }]),
      );
      expect(calls.every(({ id }) => ids.test(id)) && calls[0].id !== calls[1].id).toBe(true);
      // With the mark that ends them. Ollama's wire does not tell.
      expect(thoughtTokens).toBe(name === "Ollama" ? undefined : 4);
      // Ollama's wire has calls as a whole.
      if (stream) expect([pieces.thoughts, pieces.arguments > 2]).toEqual([3, name !== "Ollama"]);

      const next = await ask({ ...question, tools: [easy], before: { turn, results: ["30 degrees", "31 degrees"] } });
      expect([next.text, next.calls, next.thoughts, next.ending]).toEqual(["It has 30 degrees.", [], "", client().endings.end]);
      if (stream) expect(next.pieces.text).toBe(2);
    });

    it.skipIf(name === "Ollama")("calls once where it may call once", async () => {
      const turn = await ask({ ...question, tools: [easy], think: true, parallel: false });
      expect([turn.calls.map((call) => given(call.arguments)), turn.ending]).toEqual([[{ city: "Bern" }], client().endings.call]);
      const next = await ask({ ...question, tools: [easy], before: { turn, results: ["30 degrees"] } });
      expect(next.text).toBe("It has 30 degrees.");
    });

    // The AI SDK asks for all results itself.
    it.skipIf(name === "AI SDK")("tells what the template of the model refuses", async () => {
      const turn = await ask({ ...question, tools: [easy], think: true });
      const error = await ask({ ...question, tools: [easy], before: { turn, results: ["30 degrees"] } }).catch((thrown: unknown) => thrown);
      expect(client().refused(error), String(error)).toBe(true);
      expect((error as Error).message).toContain("the model's chat template refuses: not every call has a result");
    });

    it("does not think where it shall not, with tools and without", async () => {
      const called = await ask({ ...question, tools: [easy], think: false });
      expect([called.thoughts, called.thoughtTokens ?? 0, called.calls.map((call) => given(call.arguments))]).toEqual([
        "",
        0,
        [{ city: "Bern" }, { city: "Rome" }],
      ]);
      const { text, thoughts, thoughtTokens = 0, ending } = await ask({ ...question, think: false });
      expect([text, thoughts, thoughtTokens, ending]).toEqual(["Hello there, friend.", "", 0, client().endings.end]);
    });

    it("is cut off within its thoughts, which are no text", async () => {
      const { text, thoughts, tokens, thoughtTokens = 2, ending } = await ask({ ...question, think: true, maxTokens: 2 });
      expect([text, thoughts.trimEnd(), tokens, thoughtTokens, ending]).toEqual(["", "A friend: I say", 2, 2, client().endings.length]);
    });

    it("writes JSON of a schema, behind thoughts too", async () => {
      const { text, ending, pieces } = await ask({ ...story, schema: place });
      expect([text, of(place, JSON.parse(text)), ending]).toEqual([text, true, client().endings.end]);
      if (stream) expect(pieces.text).toBeGreaterThan(5);
      const thought = await ask({ ...question, schema: place, think: true });
      expect([thought.thoughts, thought.text, of(place, JSON.parse(thought.text))]).toEqual(["A friend: I say hello.", thought.text, true]);
    });

    it("refuses a schema that cannot be kept to, and names the keyword", async () => {
      const asked: Question[] = [{ ...story, schema: unsure }];
      if (name !== "Ollama") asked.push({ ...story, tools: [{ name: "weather", parameters: unsure, strict: true }] });
      // Where nothing has to be called, what could at least be checked is.
      asked.push({ ...story, tools: [{ name: "weather", parameters: misspelt }] });
      for (const each of asked) {
        const error = await ask(each).catch((thrown: unknown) => thrown);
        expect(client().refused(error), String(error)).toBe(true);
        expect((error as Error).message).toMatch(/\/properties\/city\/(not|minLenght): the keyword \\?"\1\\?" cannot be enforced/);
      }
      const told = await ask({ ...story, maxTokens: 4, tools: [{ name: "weather", parameters: unsure }] });
      expect([told.calls, told.ending]).toEqual([[], client().endings.length]);
    });
  });
});

describe("a history that is none is refused, with the place", () => {
  const user = { role: "user", content: "How warm is it?" };
  const made = (written: unknown, id: string | undefined = "call_1") => ({
    id,
    type: "function",
    function: { name: "weather", arguments: written },
  });
  const openai = () => new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "none", maxRetries: 0 });
  const refused = async (asking: Promise<unknown>) => {
    const error = await asking.catch((thrown: unknown) => thrown);
    return error as Error & { status?: number; status_code?: number; param?: string };
  };

  it.each<[string, unknown[], string, RegExp]>([
    [
      "arguments that are no JSON",
      [made('{"city": ')],
      "messages[1].tool_calls[0].function.arguments",
      /arguments is not the JSON text of an object$/,
    ],
    [
      "arguments that are no object",
      [made("[1]")],
      "messages[1].tool_calls[0].function.arguments",
      /arguments is not the JSON text of an object$/,
    ],
    ["arguments that are no text", [made({ city: "Bern" })], "messages[1].tool_calls[0].function.arguments", /as JSON text/],
    ["a call without an id", [{ ...made("{}"), id: undefined }], "messages[1].tool_calls[0].id", /is missing/],
    ["a call of nothing", [made("{}"), { id: "b", type: "function" }], "messages[1].tool_calls[1].function", /is missing/],
  ])("chat completions: %s", async (_, tool_calls, place, message) => {
    const messages = [user, { role: "assistant", content: null, tool_calls }];
    for (const stream of [false, true]) {
      const error = await refused(openai().chat.completions.create({ model: "stories", messages, stream } as never));
      expect(error).toBeInstanceOf(OpenAI.BadRequestError);
      expect([error.message, error.param]).toEqual([expect.stringContaining(`400 ${place} `), place]);
      expect(error.message).toMatch(message);
    }
  });

  it("chat completions: a result without its call's id", async () => {
    const messages = [user, { role: "assistant", content: null, tool_calls: [made("{}")] }, { role: "tool", content: "30" }];
    const error = await refused(openai().chat.completions.create({ model: "stories", messages } as never));
    expect([error.status, error.message, error.param]).toEqual([
      400,
      "400 messages[2].tool_call_id is missing",
      "messages[2].tool_call_id",
    ]);
  });

  it.each<[string, object, string, RegExp]>([
    [
      "arguments that are no JSON",
      { type: "function_call", call_id: "a", name: "weather", arguments: "{" },
      "input[1].arguments",
      /arguments is not the JSON text of an object$/,
    ],
    [
      "arguments that are no object",
      { type: "function_call", call_id: "a", name: "weather", arguments: "3" },
      "input[1].arguments",
      /arguments is not the JSON text of an object$/,
    ],
    ["a call without an id", { type: "function_call", name: "weather", arguments: "{}" }, "input[1].call_id", /is missing/],
    ["a result without an id", { type: "function_call_output", output: "30" }, "input[1].call_id", /is missing/],
  ])("responses: %s", async (_, item, place, message) => {
    for (const stream of [false, true]) {
      const error = await refused(openai().responses.create({ model: "stories", input: [user, item], stream } as never));
      expect(error).toBeInstanceOf(OpenAI.BadRequestError);
      expect([error.message, error.param]).toEqual([expect.stringContaining(`400 ${place} `), place]);
      expect(error.message).toMatch(message);
    }
  });

  it.each<[string, unknown, string, RegExp]>([
    [
      "arguments as a text",
      { function: { name: "weather", arguments: "{}" } },
      "messages[1].tool_calls[0].function.arguments",
      /expected an object/,
    ],
    ["a call of nothing", { function: { arguments: {} } }, "messages[1].tool_calls[0].function.name", /is missing/],
  ])("Ollama: %s", async (_, broken, place, message) => {
    const messages = [user, { role: "assistant", content: "", tool_calls: [broken] }];
    for (const stream of [false, true]) {
      const error = await refused(new Ollama({ host: server.url }).chat({ model: "stories", messages, stream } as never));
      expect([error.name, error.status_code, error.message]).toEqual(["ResponseError", 400, expect.stringContaining(`${place} `)]);
      expect(error.message).toMatch(message);
    }
  });

  it.each<[string, unknown, unknown, string, RegExp]>([
    [
      "input as a text",
      { type: "tool_use", id: "a", name: "weather", input: "{}" },
      [],
      "messages[1].content[0].input",
      /expected an object/,
    ],
    ["a call without an id", { type: "tool_use", name: "weather", input: {} }, [], "messages[1].content[0].id", /is missing/],
    [
      "a result without an id",
      { type: "tool_use", id: "a", name: "weather", input: {} },
      [{ role: "user", content: [{ type: "tool_result", content: "30" }] }],
      "messages[2].content[0].tool_use_id",
      /is missing/,
    ],
  ])("Anthropic: %s", async (_, block, more, place, message) => {
    const client = new Anthropic({ baseURL: server.url, apiKey: "none", maxRetries: 0 });
    const messages = [user, { role: "assistant", content: [block] }, ...(more as object[])];
    for (const stream of [false, true]) {
      const error = await refused(client.messages.create({ model: "stories", max_tokens: 5, messages, stream } as never));
      expect(error).toBeInstanceOf(Anthropic.BadRequestError);
      expect(error).toMatchObject({ type: "invalid_request_error", message: expect.stringContaining(`"${place} `) });
      expect(error.message).toMatch(message);
    }
  });
});
