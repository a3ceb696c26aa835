// From what is to be continued to its ids.
import { UsageError } from "../errors.ts";
import { encodeInTurns } from "../generate/encode-in-turns.ts";
import type { Prompt } from "./answer.ts";
import { openConversation } from "./open-conversation.ts";
import type { Answerer } from "./run-answer.ts";

/** @throws as openConversation; UsageError for a text without a tokenizer */
export async function promptIdsOf(model: Answerer, prompt: Prompt, signal?: AbortSignal): Promise<readonly number[]> {
  const { tokenizer, encode } = model;
  const options = { most: model.engine.contextLength, signal };
  if ("ids" in prompt) return encode(prompt.ids);
  if ("messages" in prompt) return (await openConversation(model, prompt, options)).promptIds;
  if (!prompt.parseSpecial) return encode(prompt.text, signal);
  if (!tokenizer) throw new UsageError("this model came without a tokenizer: give token ids instead of text");
  const ids = await encodeInTurns(tokenizer, prompt.text, { addSpecial: true, parseSpecial: true }, { ...options, spare: 1 });
  // Templates write the token that begins a text, and the tokenizer adds it: once is enough.
  const twice = ids.length > 1 && ids[0] === tokenizer.bosId && ids[1] === tokenizer.bosId;
  return twice ? ids.slice(1) : ids;
}
