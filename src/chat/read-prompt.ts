// A prompt token by token, with what the model thought of each before it came.
import { ContextLengthError } from "../generate/generate.ts";
import { type TokenLogprob, tokenLogprobs } from "../generate/logprobs.ts";
import type { Prompt, PromptToken, ReadPrompt } from "./answer.ts";
import { namedToken } from "./named-token.ts";
import { promptIdsOf } from "./prompt-ids.ts";
import type { Answerer } from "./run-answer.ts";

/** Rows of scores that are held at a time: of a large vocabulary, 16 MB. */
const ROWS = 32;

type Scored = TokenLogprob & { readonly top: readonly TokenLogprob[] };

/**
 * @param logprobs how many alternatives to each token; undefined: no log-probabilities, and nothing runs
 * @throws as encodeChat; ContextLengthError; the signal's reason when aborted
 */
export async function readPrompt(model: Answerer, prompt: Prompt, logprobs: number | undefined, signal?: AbortSignal): Promise<ReadPrompt> {
  const { engine, tokenizer } = model;
  const ids = await promptIdsOf(model, prompt, signal);
  if (ids.length > engine.contextLength) {
    throw new ContextLengthError(`prompt has ${ids.length} tokens, the context holds ${engine.contextLength}: shorten it`);
  }
  const scored = logprobs === undefined || ids.length === 0 ? [] : await scoresOf(model, ids, logprobs, signal);

  const stream = tokenizer?.stream();
  let text = "";
  let start = 0;
  const tokens = ids.map((id, i): PromptToken => {
    const { logprob, top } = scored[i - 1] ?? { logprob: undefined, top: [] };
    const token = { ...namedToken(tokenizer, { id, logprob: 0 }), logprob, top: top.map((each) => namedToken(tokenizer, each)), start };
    const shown = i === 0 && id === tokenizer?.bosId ? "" : (stream?.push(id) ?? "");
    text += shown;
    start += [...shown].length;
    return token;
  });
  return { text: text + (stream?.end() ?? ""), tokens };
}

/** Of every token but the first. */
async function scoresOf({ engine }: Answerer, ids: readonly number[], count: number, signal?: AbortSignal): Promise<Scored[]> {
  const next = ids.slice(1);
  if (count === 0) {
    const values = await engine.logProbs(ids, signal);
    return next.map((id, i) => ({ id, logprob: values[i], top: [] }));
  }
  const { vocabSize } = engine.config;
  const scored: Scored[] = [];
  for (let from = 0; from < next.length; from += ROWS) {
    const targets = next.slice(from, from + ROWS);
    // What the last turn ran is found in the cache.
    const rows = await engine.logits(
      ids.slice(0, from + targets.length),
      targets.map((_, i) => from + i),
      signal,
    );
    targets.forEach((id, i) => void scored.push(tokenLogprobs(rows.subarray(i * vocabSize, (i + 1) * vocabSize), id, count)));
  }
  return scored;
}
