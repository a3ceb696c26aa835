// From a request to the events of its answer.
import type { Engine } from "../generate/engine.ts";
import { type GenerateOptions, generate, type Piece } from "../generate/generate.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import type { AnswerEvent, AnswerRequest, AnswerToken } from "./answer.ts";
import { namedToken } from "./named-token.ts";
import { promptIdsOf } from "./prompt-ids.ts";

/** A model that answers. */
export interface Answerer {
  readonly engine: Engine;
  readonly tokenizer: Tokenizer | undefined;
  readonly chatTemplate: string | undefined;
  /** The ids of a text or of a list. */
  encode(prompt: string | readonly number[]): readonly number[];
}

/**
 * Answers a request. Nothing runs, and no mistake is reported, before the first event is asked for.
 *
 * @throws as encodeChat and generate
 */
export async function* runAnswer(
  model: Answerer,
  { prompt, before = [], tellIds, options }: AnswerRequest,
  signal?: AbortSignal,
): AsyncGenerator<AnswerEvent, void> {
  const promptIds = continued(model, before, await promptIdsOf(model, prompt, signal));
  const ids = [...promptIds];
  const started = performance.now();
  let firstAt = started;
  let promptRead: AnswerEvent | undefined;
  const settings: GenerateOptions = { ...options, signal };
  const pieces = generate(model.engine, model.tokenizer, promptIds, settings, (read) => {
    firstAt = performance.now();
    promptRead = { type: "prompt", ...read };
  });
  for (;;) {
    const { done, value } = await pieces.next();
    if (promptRead) yield promptRead;
    promptRead = undefined;
    if (done) {
      const { reason, stop, promptTokens, cachedTokens, generatedTokens, seed } = value;
      yield {
        type: "end",
        reason,
        stop,
        usage: { promptTokens, cachedTokens, generatedTokens, reasoningTokens: 0 },
        seed,
        ...(tellIds ? { ids } : {}),
        milliseconds: { prompt: firstAt - started, generation: performance.now() - firstAt },
      };
      return;
    }
    ids.push(value.id);
    yield { type: "text", text: value.text, tokens: options?.logprobs === undefined ? [] : [answerToken(model.tokenizer, value)] };
  }
}

/** The token that begins a text stands once, before all of it. */
function continued({ tokenizer, encode }: Answerer, before: readonly number[], ids: readonly number[]): readonly number[] {
  if (before.length === 0) return ids;
  return [...encode(before), ...(ids[0] === tokenizer?.bosId ? ids.slice(1) : ids)];
}

function answerToken(tokenizer: Tokenizer | undefined, { id, logprob = 0, top = [] }: Piece): AnswerToken {
  return { ...namedToken(tokenizer, { id, logprob }), top: top.map((each) => namedToken(tokenizer, each)) };
}
