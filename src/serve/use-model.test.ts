// A model for one request, with a model that is played: what reaches it, what is counted, and what the log hears.
import { beforeEach, expect, it } from "vitest";
import type { AnswerEvent, AnswerRequest, ChatPrompt } from "../chat/answer.ts";
import type { MadeModel } from "../hub/made-models.ts";
import { chatCompletion } from "../wires/openai/chat.ts";
import { readChatRequest } from "../wires/openai/chat-request.ts";
import { readCompletionRequest } from "../wires/openai/completion-request.ts";
import { completion } from "../wires/openai/completions.ts";
import { createContext, type ServerContext, type ServerSettings } from "./context.ts";
import { type ModelInUse, type Wanted, withModel } from "./use-model.ts";

const system = { role: "system", content: "Be brief." };
const conversation: ChatPrompt = { messages: [{ role: "user", content: "Hi" }] };
const whole: ChatPrompt = { messages: [system, ...conversation.messages] };

let made: Partial<MadeModel> | undefined;
let reached: unknown[];
let seeds: unknown[];
let logged: unknown[];
let told: Record<string, unknown>;
let held: number;
let context: ServerContext;
beforeEach(() => {
  made = { system: system.content };
  reached = [];
  seeds = [];
  logged = [];
  told = {};
  held = 0;
  const model = {
    facts: { contextLength: 100 },
    async *answer({ prompt, options }: AnswerRequest): AsyncGenerator<AnswerEvent, void> {
      reached.push(prompt);
      seeds.push(options?.seed);
      yield { type: "prompt", promptTokens: 10, cachedTokens: 4 };
      const usage = { promptTokens: 10, cachedTokens: 4, generatedTokens: 2, reasoningTokens: 0 };
      yield { type: "end", reason: "end", usage, seed: 0, milliseconds: { prompt: 0, generation: 0 } };
    },
    async call(_: string, [input]: [unknown]) {
      reached.push(input);
      return { tokens: [1, 2, 3], embeddings: [], promptTokens: 7, ids: [], text: "" };
    },
  };
  const use = async () => {
    held++;
    return { name: "brief", known: { name: "brief", place: "/brief.gguf", made }, model, release: () => held-- };
  };
  const settings = { logPrompts: true, answers: { parallel: 1, queue: 1, keyParallel: 1 } } as unknown as ServerSettings;
  const log = { info: ({ prompt }: { prompt: unknown }) => void logged.push(prompt) };
  context = createContext(settings, { use, loaded: () => [] } as never, log as never);
});

function using<R>(work: (use: ModelInUse) => Promise<R>, wanted?: Wanted): Promise<R> {
  const variables: Record<string, unknown> = { signal: new AbortController().signal, told, requestId: "req_1", owner: "ann" };
  return withModel({ get: (name: string) => variables[name] } as never, context, "brief", work, wanted);
}

async function answered({ answering }: ModelInUse, ...requests: AnswerRequest[]): Promise<void> {
  for (const request of requests) for await (const _ of answering.answer(request));
}

it("gives every prompt the system message that the model was made with, and logs it so", async () => {
  await using((use) => answered(use, { prompt: conversation }));
  await using(({ answering }) => answering.readPrompt(conversation, undefined));
  await using(({ applyTemplate }) => applyTemplate(conversation, undefined));
  await using(({ answering }) => answering.embed(["a text"]));
  expect(reached).toEqual([whole, whole, whole, ["a text"]]);
  expect(logged).toEqual(reached);
});

it("counts the tokens of all prompts that are run", async () => {
  await using((use) => answered(use, { prompt: conversation }));
  await using(({ answering }) => answering.readPrompt(conversation, 0));
  await using(({ answering }) => answering.readPrompt(conversation, undefined)); // not run
  await using(({ answering }) => answering.embed(["a text"]));
  const { text } = await context.metrics.text({ loaded: [], running: [] });
  expect(text).toContain('cria_prompt_tokens_total{model="brief"} 20\n');
  expect(text).toContain('cria_cached_tokens_total{model="brief"} 4\n');
});

it("tells the log of a request with several answers and prompts what each prompt had, once", async () => {
  const other = { text: "Once" };
  await using((use) => answered(use, { prompt: conversation }, { prompt: conversation }, { prompt: other }));
  expect(told).toMatchObject({ promptTokens: 20, cachedTokens: 8, generatedTokens: 6 });
});

it("counts the seed that a model was made with up for several answers, as one that the request has", async () => {
  made = { parameters: { seed: 4 } };
  const chat = readChatRequest({ messages: conversation.messages, n: 3 });
  await using(({ answering }) => chatCompletion(answering, chat, "brief"));
  const text = readCompletionRequest({ prompt: "Once", best_of: 2 });
  await using(({ answering }) => completion(answering, text, "brief"));
  await using(({ answering }) => chatCompletion(answering, readChatRequest({ messages: conversation.messages, n: 2, seed: 7 }), "brief"));
  expect(seeds).toEqual([4, 5, 6, 4, 5, 7, 8]);
});

it("refuses a context that the model does not have here, whether it was made with it or the request wants it", async () => {
  made = { parameters: { num_ctx: 200 } };
  const fine = async () => "fine";
  await expect(using(fine, {})).rejects.toMatchObject({
    parameter: "model",
    message: expect.stringMatching(/^brief was made with a num_ctx of 200: .* 100 on/),
  });
  expect(told).toEqual({ model: "brief" });
  await expect(using(fine, { contextLength: 300 })).rejects.toMatchObject({ parameter: "options.num_ctx" });
  expect(await using(fine, { contextLength: 100 })).toBe("fine");
  expect(held).toBe(0);
});

it("gives clients that cannot ask for a smaller context the one that there is", async () => {
  made = { parameters: { num_ctx: 200 } };
  expect(await using(async ({ facts }) => facts.contextLength)).toBe(100);
});
