// What is counted of several answers to one request.
import { expect, it } from "vitest";
import type { AnswerEvent, Answering, PromptReading } from "../../chat/answer.ts";
import { chatChunks, chatCompletion } from "./chat.ts";
import type { CompletionUsage } from "./chat-types.ts";
import { completion, completionChunks } from "./completions.ts";

/** The first answer reads the whole prompt and ends last; the others find it in the cache. */
function model(): Answering & PromptReading {
  let begun = 0;
  return {
    async *answer() {
      const at = begun++;
      const counts = { promptTokens: 40, cachedTokens: at === 0 ? 3 : 39 };
      yield { type: "prompt", ...counts };
      for (let i = 0; i < 9 - 3 * at; i++) yield { type: "text", text: "a", tokens: [] };
      const usage = { ...counts, generatedTokens: 10, reasoningTokens: 0 };
      yield { type: "end", reason: "end", usage, seed: 0, milliseconds: { prompt: 0, generation: 0 } } satisfies AnswerEvent;
    },
    readPrompt: () => Promise.reject(new Error("nobody asks for it")),
  };
}

async function lastOf<E>(events: AsyncIterable<E>): Promise<E | undefined> {
  let last: E | undefined;
  for await (const event of events) last = event;
  return last;
}

it("tells how much of the prompt the first answer found in the cache, whichever ends first", async () => {
  const chat = { model: "m", request: { prompt: { messages: [] } }, n: 3, stream: true, includeUsage: true };
  const text = {
    model: "m",
    prompts: [{ text: "a" }],
    options: {},
    n: 3,
    bestOf: 3,
    echo: false,
    logprobs: undefined,
    stream: true,
    includeUsage: true,
  };
  const usages: (CompletionUsage | null | undefined)[] = [
    (await chatCompletion(model(), chat, "m")).usage,
    (await lastOf(chatChunks(model(), chat, "m")))?.usage,
    (await completion(model(), text, "m")).usage,
    (await lastOf(completionChunks(model(), text, "m")))?.usage,
  ];
  for (const usage of usages) {
    expect(usage).toMatchObject({ prompt_tokens: 40, completion_tokens: 30, prompt_tokens_details: { cached_tokens: 3 } });
  }
});
