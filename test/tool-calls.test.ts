// Calls that the bundled model has to make: it was trained for stories alone, and wants to tell them.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AnswerEvent, ChatPrompt } from "../src/chat/answer.ts";
import type { Tool } from "../src/chat/messages.ts";
import type { GenerateOptions } from "../src/generate/generate.ts";
import { type Llama, load } from "../src/index.ts";

const function_ = (name: string, parameters?: Tool["function"]["parameters"]): Tool => ({
  type: "function",
  function: { name, parameters },
});
const tools: Tool[] = [
  function_("get_weather", {
    properties: { city: { type: "string", minLength: 1, maxLength: 20 }, days: { type: "integer", minimum: 1, maximum: 7 } },
    required: ["city"],
    additionalProperties: false,
  }),
  function_("get", {
    type: "object",
    properties: { list: { type: "array", items: { enum: ["a", "b"] }, minItems: 2, maxItems: 3 } },
    required: ["list"],
  }),
  function_("now"),
];

const right: Record<string, (given: Record<string, unknown>) => boolean> = {
  get_weather: ({ city, days = 1, ...others }) =>
    typeof city === "string" &&
    city.length > 0 &&
    [...city].length <= 20 &&
    Number.isInteger(days) &&
    Math.abs((days as number) - 4) <= 3 &&
    Object.keys(others).length === 0,
  get: ({ list }) => Array.isArray(list) && list.length >= 2 && list.length <= 3 && list.every((item) => item === "a" || item === "b"),
  now: (given) => Object.keys(given).length === 0,
};

interface Answer {
  text: string;
  calls: { name: string; arguments: string }[];
  reason: string;
}

async function collect(answer: AsyncIterable<AnswerEvent>): Promise<Answer> {
  const all: Answer = { text: "", calls: [], reason: "" };
  for await (const event of answer) {
    if (event.type === "text") all.text += event.text;
    else if (event.type === "toolCall") all.calls[event.index] = { name: event.name, arguments: "" };
    else if (event.type === "toolArguments") all.calls[event.index].arguments += event.text;
    else if (event.type === "end") all.reason = event.reason;
  }
  return all;
}

describe("the bundled model", () => {
  let llama: Llama;
  beforeAll(async () => {
    llama = await load(new URL("../models/llama-cria-stories.gguf", import.meta.url).pathname, { threads: 1 });
  });
  afterAll(() => llama.dispose());

  const ask = (prompt: Partial<ChatPrompt>, options: GenerateOptions): Promise<Answer> =>
    collect(
      llama.answer({
        prompt: { messages: [{ role: "user", content: "Tell me a story." }], tools, ...prompt },
        options: { maxTokens: 200, temperature: 1.5, ...options },
      }),
    );

  it.each<[Partial<ChatPrompt>, string[]]>([
    [{ toolChoice: "required", parallelToolCalls: false }, ["get_weather", "get", "now"]],
    [{ toolChoice: { name: "get_weather" } }, ["get_weather"]],
    [{ toolChoice: { name: "get" } }, ["get"]],
    [{ toolChoice: { name: "now" } }, ["now"]],
  ])("calls rightly with every seed: %j", async (prompt, names) => {
    const called = new Set<string>();
    for (let seed = 1; seed <= 8; seed++) {
      const { text, calls, reason } = await ask(prompt, { seed });
      expect([seed, text, calls.length, reason]).toEqual([seed, "", 1, "toolCalls"]);
      const [{ name, arguments: given }] = calls;
      expect([name, given, right[name](JSON.parse(given))]).toEqual([name, given, true]);
      called.add(name);
    }
    expect(names).toEqual(expect.arrayContaining([...called]));
  });

  it("may call several, and nothing comes between or behind", async () => {
    const { text, calls, reason } = await ask(
      { toolChoice: "required" },
      { seed: 1, logitBias: Object.fromEntries(Array.from(llama.tokenizer!.endIds, (id) => [id, -10])) },
    );
    expect(calls.length).toBeGreaterThan(1);
    expect([text, ["toolCalls", "length"].includes(reason)]).toEqual(["", true]);
    for (const { name, arguments: given } of calls.slice(0, -1)) expect(right[name](JSON.parse(given))).toBe(true);
  });

  it("breaks off by length within a call, and what was told of it stays", async () => {
    const { text, calls, reason } = await ask({ toolChoice: { name: "get_weather" } }, { seed: 2, maxTokens: 45 });
    expect([text, reason, calls.length]).toEqual(["", "length", 1]);
    expect(calls[0].arguments).toMatch(/^\{"city": "/);
    expect((await ask({ toolChoice: { name: "get_weather" } }, { seed: 2, maxTokens: 5 })).text).toBe("");
  });

  it("tells a story where it is left to it", async () => {
    const { text, calls, reason } = await ask({}, { seed: 3, maxTokens: 20 });
    expect([calls, reason]).toEqual([[], "length"]);
    expect(text.length).toBeGreaterThan(20);
  });

  it("writes the same call for the same seed", async () => {
    expect(await ask({ toolChoice: "required" }, { seed: 5, maxTokens: 80 })).toEqual(
      await ask({ toolChoice: "required" }, { seed: 5, maxTokens: 80 }),
    );
  });

  it("is not asked what cannot be enforced, of a strict function or of one that has to be called", async () => {
    const odd = { type: "object", properties: { a: { not: { type: "string" } } } };
    const strict: Tool = { type: "function", function: { name: "odd", strict: true, parameters: odd } };
    await expect(ask({ tools: [strict] }, {})).rejects.toThrow(/^the parameters of the function "odd", which is strict: schema: .*not/);
    const refusal = /^the parameters of the function "odd", while a call is required: schema: .*not/;
    for (const toolChoice of ["required", { name: "odd" }] as const) {
      await expect(ask({ tools: [tools[0], function_("odd", odd)], toolChoice }, {})).rejects.toThrow(refusal);
    }
    expect(
      (await ask({ tools: [tools[0], function_("odd", odd)], toolChoice: { name: tools[0].function.name } }, { seed: 1 })).calls.length,
    ).toBe(1);
    await expect(ask({ tools: [function_("odd", odd)] }, { format: { kind: "json" } })).rejects.toThrow(
      /"odd", beside a format: schema: .*not/,
    );
    expect((await ask({ tools: [function_("odd", odd)] }, { seed: 1, maxTokens: 5 })).reason).toBe("length");
    // What nobody would look at, whatever the choice.
    const misspelt = { type: "object", properties: { a: { type: "string", minLenght: 1 } } };
    await expect(ask({ tools: [tools[0], function_("odd", misspelt)] }, {})).rejects.toThrow(
      /^the parameters of the function "odd": schema: \/properties\/a\/minLenght: the keyword "minLenght" cannot be enforced/,
    );
  });
});
