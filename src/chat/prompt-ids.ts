// From what is to be continued to its ids.
import { UsageError } from "../errors.ts";
import type { Prompt } from "./answer.ts";
import { openConversation } from "./open-conversation.ts";
import type { Answerer } from "./run-answer.ts";

/** @throws as openConversation; UsageError for a text without a tokenizer */
export async function promptIdsOf(model: Answerer, prompt: Prompt, signal?: AbortSignal): Promise<readonly number[]> {
  const { tokenizer, encode } = model;
  if ("ids" in prompt) return encode(prompt.ids);
  if ("messages" in prompt) return (await openConversation(model, prompt, signal)).promptIds;
  if (!prompt.parseSpecial) return encode(prompt.text);
  if (!tokenizer) throw new UsageError("this model came without a tokenizer: give token ids instead of text");
  const ids = tokenizer.encode(prompt.text, { addSpecial: true, parseSpecial: true });
  // Templates write the token that begins a text, and the tokenizer adds it: once is enough.
  const twice = ids.length > 1 && ids[0] === tokenizer.bosId && ids[1] === tokenizer.bosId;
  return twice ? ids.slice(1) : ids;
}
