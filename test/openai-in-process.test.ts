// OpenAI's calls without a server, in the types of OpenAI's package.
import { fileURLToPath } from "node:url";
import type OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from "vitest";
import { type Llama, load, UsageError } from "../src/index.ts";
import type { OpenAi } from "../src/wires/openai/index.ts";

const bundled = fileURLToPath(new URL("../models/llama-cria-stories.gguf", import.meta.url));
const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: "user", content: "Tell a story about a dog." }];
const settings = { model: "stories", seed: 5, max_tokens: 12 };
let llama: Llama;
beforeAll(async () => {
  llama = await load(bundled, { threads: 1, relaxedSimd: true });
});
afterAll(() => llama.dispose());

it("takes and gives what OpenAI's client does", () => {
  const take = (openai: OpenAi) => ({
    chat: (body: OpenAI.ChatCompletionCreateParamsNonStreaming) => openai.chat.completions.create(body),
    chatStream: (body: OpenAI.ChatCompletionCreateParamsStreaming) => openai.chat.completions.create(body),
    text: (body: OpenAI.CompletionCreateParamsNonStreaming) => openai.completions.create(body),
    textStream: (body: OpenAI.CompletionCreateParamsStreaming) => openai.completions.create(body),
    embeddings: (body: OpenAI.EmbeddingCreateParams & { encoding_format: "float" }) => openai.embeddings.create(body),
    models: () => openai.models.list(),
    response: (body: OpenAI.Responses.ResponseCreateParamsNonStreaming) => openai.responses.create(body),
    responseStream: (body: OpenAI.Responses.ResponseCreateParamsStreaming) => openai.responses.create(body),
  });
  type Given = ReturnType<typeof take>;
  type Awaited_<K extends keyof Given> = Awaited<ReturnType<Given[K]>>;
  expectTypeOf<Awaited_<"chat">>().toExtend<OpenAI.ChatCompletion>();
  expectTypeOf<Awaited_<"chatStream">>().toExtend<AsyncIterable<OpenAI.ChatCompletionChunk>>();
  expectTypeOf<Awaited_<"text">["usage"]>().toExtend<OpenAI.CompletionUsage>();
  expectTypeOf<Awaited_<"textStream">>().toExtend<AsyncIterable<{ choices: { text: string }[] }>>();
  expectTypeOf<Awaited_<"embeddings">>().toExtend<OpenAI.CreateEmbeddingResponse>();
  expectTypeOf<Awaited_<"models">["data"]>().toExtend<OpenAI.Model[]>();
  expectTypeOf<Awaited_<"response">>().toExtend<OpenAI.Responses.Response>();
  expectTypeOf<Awaited_<"responseStream">>().toExtend<AsyncIterable<OpenAI.Responses.ResponseStreamEvent>>();
});

describe("llama.openai", () => {
  it("chats as llama.chat does, whole and in pieces", async () => {
    let said = "";
    for await (const { text } of llama.chat([{ role: "user", content: messages[0].content as string }], { seed: 5, maxTokens: 12 }))
      said += text;
    const whole = await llama.openai.chat.completions.create({ ...settings, messages });
    expect(whole).toMatchObject({
      object: "chat.completion",
      model: "stories",
      choices: [{ message: { content: said }, finish_reason: "length" }],
    });
    let streamed = "";
    for await (const { choices } of await llama.openai.chat.completions.create({ ...settings, messages, stream: true })) {
      streamed += choices[0].delta.content ?? "";
    }
    expect(streamed).toBe(said);
  });

  it("writes JSON, and calls tools", async () => {
    const schema = { type: "object", properties: { dog: { type: "boolean" } }, required: ["dog"], additionalProperties: false };
    const response_format = { type: "json_schema" as const, json_schema: { name: "dog", schema } };
    const { choices } = await llama.openai.chat.completions.create({ messages, response_format });
    expect(JSON.parse(choices[0].message.content!)).toEqual({ dog: expect.any(Boolean) });
    const tools: OpenAI.ChatCompletionTool[] = [{ type: "function", function: { name: "now" } }];
    const called = await llama.openai.chat.completions.create({ messages, tools, tool_choice: "required", parallel_tool_calls: false });
    expect(called.choices[0]).toMatchObject({
      message: {
        content: null,
        tool_calls: [{ type: "function", function: { name: "now", arguments: expect.stringMatching(/^\{\s*\}$/) } }],
      },
      finish_reason: "tool_calls",
    });
  });

  it("continues texts, makes vectors, and says what there is", async () => {
    const { choices } = await llama.openai.completions.create({ prompt: ["A dog", "A cat"], max_tokens: 4, echo: true, logprobs: 1 });
    expect(choices.map(({ text }) => text.slice(0, 5))).toEqual(["A dog", "A cat"]);
    const { data } = await llama.openai.embeddings.create({ input: "A dog" });
    expect(data[0].embedding).toEqual([...(await llama.embed(["A dog"])).embeddings[0]]);
    expect((await llama.openai.models.list()).data.map(({ id }) => id)).toEqual(["cria"]);
  });

  it("remembers its responses", async () => {
    const first = await llama.openai.responses.create({ input: "Tell a story.", max_output_tokens: 4, model: "m" });
    const events = await llama.openai.responses.create({
      input: "Go on.",
      previous_response_id: first.id,
      max_output_tokens: 4,
      stream: true,
    });
    const types: string[] = [];
    for await (const { type } of events) types.push(type);
    expect([types[0], types.at(-1)]).toEqual(["response.created", "response.incomplete"]);
    await expect(llama.openai.responses.create({ input: "Go on.", previous_response_id: "resp_0" })).rejects.toThrow(
      /there is no response "resp_0"/,
    );
  });

  it("refuses the call for what is wrong with it, stream or not", async () => {
    const { create } = llama.openai.chat.completions;
    await expect(create({ messages: [{ role: "nobody" }] })).rejects.toThrow(UsageError);
    const long = [{ role: "user", content: "dog ".repeat(5000) }];
    await expect(create({ messages: long, stream: true })).rejects.toThrow(/the context holds 1024/);
  });

  it("ends when its signal says so, or its reader, and gives the pages back", async () => {
    const controller = new AbortController();
    const { create } = llama.openai.chat.completions;
    const stream = await create({ messages, stream: true, ignore_eos: true }, { signal: controller.signal });
    const read = async (): Promise<void> => {
      for await (const _ of stream) controller.abort(new Error("enough"));
    };
    await expect(read()).rejects.toThrow("enough");
    for await (const _ of await create({ messages, stream: true, ignore_eos: true })) break;
    await expect(create({ messages }, { signal: AbortSignal.abort(new Error("never")) })).rejects.toThrow("never");
    await expect.poll(() => llama.pages().held).toBe(0);
  });
});
