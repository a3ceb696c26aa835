// The AI SDK's own package with a model in this process, and with a server over HTTP.
import { fileURLToPath } from "node:url";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import type { EmbeddingModelV4, LanguageModelV4, ProviderV4 } from "@ai-sdk/provider";
import { cosineSimilarity, embed, embedMany, generateText, isStepCount, jsonSchema, Output, streamText, tool } from "ai";
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import { cria, type LanguageModel } from "../src/ai-sdk/index.ts";
import type { AnswerEvent, Answering, AnswerRequest } from "../src/chat/answer.ts";
import { type Llama, load } from "../src/index.ts";
import { startTestServer } from "./start-server.ts";

const bundled = fileURLToPath(new URL("../models/llama-cria-stories.gguf", import.meta.url));
const prompt = "Tell a story about a dog.";
const settings = { prompt, seed: 5, maxOutputTokens: 12, maxRetries: 0 };

const city = jsonSchema<{ city: string }>({
  type: "object",
  properties: { city: { type: "string", minLength: 1, maxLength: 9 } },
  required: ["city"],
  additionalProperties: false,
});

it("is a provider of the specification", () => {
  expectTypeOf<ReturnType<typeof cria>>().toExtend<ProviderV4>();
  expectTypeOf<LanguageModel>().toExtend<LanguageModelV4>();
  expectTypeOf<ReturnType<ReturnType<typeof cria>["embeddingModel"]>>().toExtend<EmbeddingModelV4>();
});

describe("with the bundled model", () => {
  let llama: Llama;
  let said = "";
  beforeAll(async () => {
    llama = await load(bundled, { threads: 1, relaxedSimd: true });
    for await (const { text } of llama.chat([{ role: "user", content: prompt }], { seed: 5, maxTokens: 12 })) said += text;
  });
  afterAll(() => llama.dispose());

  it("generates and streams text, and counts", async () => {
    const model = cria(llama).languageModel();
    const whole = await generateText({ model, ...settings });
    expect([whole.text, whole.finishReason, whole.usage.outputTokens]).toEqual([said, "length", 12]);
    expect(whole.usage.inputTokenDetails.cacheReadTokens).toBeGreaterThan(0);
    const stream = streamText({ model, ...settings });
    let streamed = "";
    for await (const text of stream.textStream) streamed += text;
    expect(streamed).toBe(said);
    expect(await stream.finishReason).toBe("length");
    expect((await stream.usage).totalTokens).toBe(whole.usage.totalTokens);
  });

  it("says what is wrong, and ends when it is told to", async () => {
    const model = cria(llama).languageModel();
    await expect(generateText({ model, ...settings, prompt: "dog ".repeat(5000) })).rejects.toThrow(/the context holds 1024/);
    const picture = [{ type: "file" as const, mediaType: "image/png", data: new Uint8Array([137, 80, 78, 71]) }];
    await expect(generateText({ model, messages: [{ role: "user", content: picture }], maxRetries: 0 })).rejects.toThrow(
      /a part of the type "file": the model reads nothing but text/,
    );
    const controller = new AbortController();
    let aborted = false;
    const onAbort = () => {
      aborted = true;
    };
    const { textStream } = streamText({ model, prompt, abortSignal: controller.signal, onAbort });
    let pieces = 0;
    for await (const _ of textStream) if (++pieces === 3) controller.abort();
    expect([aborted, pieces < 20]).toEqual([true, true]);
    await expect.poll(() => llama.pages().held).toBe(0);
  });

  it("calls a tool, goes on from its result, and writes objects", async () => {
    const model = cria(llama).languageModel();
    const asked: unknown[] = [];
    const weather = tool({ inputSchema: city, execute: async (given) => asked.push(given) });
    const result = streamText({
      model,
      ...settings,
      maxOutputTokens: 60,
      tools: { weather },
      stopWhen: isStepCount(2),
      prepareStep: ({ stepNumber }) => ({ toolChoice: stepNumber === 0 ? { type: "tool", toolName: "weather" } : "none" }),
    });
    const steps = await result.steps;
    expect(steps.map(({ finishReason, toolCalls }) => [finishReason, toolCalls.length])).toEqual([
      ["tool-calls", 1],
      ["length", 0],
    ]);
    expect(asked).toEqual(steps[0].toolCalls.map(({ input }) => input));
    expect(asked).toEqual([{ city: expect.stringMatching(/^.{1,9}$/s) }]);
    expect(steps[1].text).toMatch(/\w+ \w+/);
    const { output } = await generateText({ model, ...settings, maxOutputTokens: 60, output: Output.object({ schema: city }) });
    expect(output).toEqual({ city: expect.stringMatching(/^.{1,9}$/s) });
  });

  it("writes objects in the formats of zod", async () => {
    const model = cria(llama).languageModel();
    const schema = z.object({
      at: z.iso.datetime({ precision: 0 }),
      lasts: z.iso.duration().max(20),
      net: z.cidrv4(),
      tag: z.string().includes("x").length(5),
      pair: z.tuple([z.int().positive(), z.e164()]),
    });
    const { output } = await generateText({ model, ...settings, maxOutputTokens: 300, output: Output.object({ schema }) });
    expect(schema.parse(output)).toEqual(output);
  });

  it("embeds", async () => {
    const model = cria(llama).textEmbeddingModel();
    const { embedding, usage } = await embed({ model, value: "A dog." });
    const library = await llama.embed(["A dog."]);
    expect([embedding, usage.tokens]).toEqual([[...library.embeddings[0]], library.promptTokens]);
    const { embeddings } = await embedMany({ model, values: ["A dog.", "The sun."] });
    expect(cosineSimilarity(embeddings[0], embedding)).toBeCloseTo(1, 5);
  });

  it("is reached over HTTP through the provider for OpenAI's wire", async () => {
    const server = await startTestServer();
    try {
      const provider = createOpenAICompatible({
        name: "cria",
        baseURL: `${server.url}/v1`,
        includeUsage: true,
        supportsStructuredOutputs: true,
      });
      const whole = await generateText({ model: provider("stories"), ...settings });
      expect([whole.text, whole.finishReason, whole.usage.outputTokens]).toEqual([said, "length", 12]);
      const stream = streamText({ model: provider("stories"), ...settings });
      let streamed = "";
      for await (const text of stream.textStream) streamed += text;
      expect([streamed, (await stream.usage).totalTokens]).toEqual([said, whole.usage.totalTokens]);
      const model = provider("stories");
      const { output } = await generateText({ model, ...settings, maxOutputTokens: 60, output: Output.object({ schema: city }) });
      expect(output).toEqual({ city: expect.stringMatching(/^.{1,9}$/s) });
      const tools = { weather: tool({ inputSchema: city }) };
      const called = streamText({ model, ...settings, maxOutputTokens: 60, tools, toolChoice: "required" });
      expect((await called.toolCalls).map(({ toolName }) => toolName)).toContain("weather");
      const { embedding } = await embed({ model: provider.embeddingModel("stories"), value: "A dog." });
      expect(embedding).toEqual([...(await llama.embed(["A dog."])).embeddings[0]]);
    } finally {
      expect(await server.stop()).toBe(0);
    }
  });
});

describe("with a model that thinks and calls", () => {
  const usage = { promptTokens: 10, cachedTokens: 4, generatedTokens: 9, reasoningTokens: 2 };
  const end = (reason: "end" | "length" | "toolCalls"): AnswerEvent => ({
    type: "end",
    reason,
    usage,
    seed: 1,
    milliseconds: { prompt: 1, generation: 1 },
  });
  const begin: AnswerEvent = { type: "prompt", promptTokens: 10, cachedTokens: 4 };
  const calls: AnswerEvent[] = [
    begin,
    { type: "reasoning", text: "Let me ", tokens: [] },
    { type: "reasoning", text: "see.", tokens: [] },
    { type: "text", text: "I look.", tokens: [] },
    { type: "toolCall", index: 0, id: "call_1", name: "weather" },
    { type: "toolArguments", index: 0, text: '{"city":' },
    { type: "toolArguments", index: 0, text: '"Rome"}' },
    { type: "toolCallEnd", index: 0 },
    { type: "toolCall", index: 1, id: "call_2", name: "weather" },
    { type: "toolArguments", index: 1, text: '{"city":"Oslo"}' },
    { type: "toolCallEnd", index: 1 },
    end("toolCalls"),
  ];
  const done: AnswerEvent[] = [begin, { type: "text", text: "Rome is warmer.", tokens: [] }, end("end")];

  /** Says what it is told to, and keeps what it was asked. */
  const scripted = (...answers: AnswerEvent[][]): { model: LanguageModel; asked: AnswerRequest[] } => {
    const asked: AnswerRequest[] = [];
    const answering: Answering = {
      async *answer(request) {
        yield* answers[asked.push(request) - 1];
      },
    };
    return { model: cria({ ...answering, embed: () => Promise.reject(new Error("none")) }).languageModel(), asked };
  };
  const weather = tool({
    description: "Tells it.",
    inputSchema: city,
    execute: async ({ city }) => ({ degrees: city === "Rome" ? 30 : 10 }),
  });
  const said = [
    { role: "user", content: "Which is warmer?" },
    {
      role: "assistant",
      content: "I look.",
      reasoning_content: "Let me see.",
      tool_calls: [
        { id: "call_1", type: "function", function: { name: "weather", arguments: '{"city":"Rome"}' } },
        { id: "call_2", type: "function", function: { name: "weather", arguments: '{"city":"Oslo"}' } },
      ],
    },
    { role: "tool", tool_call_id: "call_1", name: "weather", content: '{"degrees":30}' },
    { role: "tool", tool_call_id: "call_2", name: "weather", content: '{"degrees":10}' },
  ];

  it.each(["generateText", "streamText"])("%s is warned of what the model was not shown", async (way) => {
    const { model } = scripted([{ ...begin, leftOut: ["system", "history"] } as AnswerEvent, ...done.slice(1)]);
    const options = { model, prompt: "Which is warmer?" };
    const result = way === "streamText" ? streamText(options) : await generateText(options);
    if ("consumeStream" in result) await result.consumeStream();
    const message = "the model's chat template does not show it the system message, earlier messages";
    expect(await result.warnings).toEqual([{ type: "other", message }]);
  });

  it.each(["generateText", "streamText"])("%s is told no call that was cut off", async (way) => {
    // One that is JSON already, as far as it came.
    const { model, asked } = scripted([...calls.slice(0, -2), end("length")]);
    const options = { model, prompt: "Which is warmer?", tools: { weather }, stopWhen: isStepCount(1) };
    const result = way === "streamText" ? streamText(options) : await generateText(options);
    if ("consumeStream" in result) await result.consumeStream();
    const [step] = await result.steps;
    expect([step.finishReason, step.toolCalls.map(({ toolCallId }) => toolCallId)]).toEqual(["length", ["call_1"]]);
    expect(asked).toHaveLength(1);
  });

  it.each(["generateText", "streamText"])("%s runs its tools and goes on", async (way) => {
    const { model, asked } = scripted(calls, done);
    const options = { model, prompt: "Which is warmer?", tools: { weather }, stopWhen: isStepCount(3) };
    const result = way === "streamText" ? streamText(options) : await generateText(options);
    if ("consumeStream" in result) await result.consumeStream();
    const steps = await result.steps;
    expect(steps.map(({ text, finishReason, reasoningText }) => [text, finishReason, reasoningText])).toEqual([
      ["I look.", "tool-calls", "Let me see."],
      ["Rome is warmer.", "stop", undefined],
    ]);
    expect(steps[0].toolCalls.map(({ input }) => input)).toEqual([{ city: "Rome" }, { city: "Oslo" }]);
    expect(steps[0].usage).toMatchObject({ inputTokens: 10, outputTokens: 9, outputTokenDetails: { reasoningTokens: 2, textTokens: 7 } });
    expect(asked.map(({ prompt }) => (prompt as { messages: unknown }).messages)).toEqual([said.slice(0, 1), said]);
    expect(asked[0].prompt).toMatchObject({ toolChoice: "auto", tools: [{ function: { name: "weather", description: "Tells it." } }] });
  });

  it("asks for one tool by name", async () => {
    const { model, asked } = scripted(calls);
    const { toolResults } = await generateText({
      model,
      prompt: "Where?",
      tools: { weather },
      toolChoice: { type: "tool", toolName: "weather" },
    });
    expect(toolResults.map(({ output }) => output)).toEqual([{ degrees: 30 }, { degrees: 10 }]);
    expect(asked[0].prompt).toMatchObject({ toolChoice: { name: "weather" } });
  });

  it("asks for JSON of a schema", async () => {
    const { model, asked } = scripted([begin, { type: "text", text: '{"city":"Rome"}', tokens: [] }, end("end")]);
    const { output } = await generateText({ model, prompt: "Where?", output: Output.object({ schema: city }), reasoning: "none" });
    expect(output).toEqual({ city: "Rome" });
    expect(asked[0].options).toMatchObject({ format: { kind: "schema", schema: { properties: { city: { type: "string" } } } } });
    expect(asked[0].prompt).toMatchObject({ reasoning: false });
  });
});
