// From texts of requests to ids without keeping others waiting: a long text is worked on in slices, and the model's steps run in between. What cannot fit is
// refused as soon as that is known: cutting megabytes into tokens takes seconds.
import type { StepOptions, SteppedTokenizer, Tokenizer } from "../tokenizer/tokenizer.ts";
import { ContextLengthError } from "./generate.ts";
import { turn } from "./turn.ts";

/** Milliseconds in which a text keeps its turn: no more than a step of a small model takes. */
const SLICE = 10;

/** How many letters may become one by the normalisation that some tokenizers begin with: a Hangul syllable is made of three, and to be sure. */
const COMPOSED = 4;

export interface TurnOptions {
  /** Tokens that the context holds; a text with more is refused, where this is given. */
  readonly most?: number;
  /** Tokens beyond that which will be taken away again. */
  readonly spare?: number;
  readonly signal?: AbortSignal;
}

/**
 * The ids that tokenizer.encode() gives. A tokenizer that is none of cria's has no steps, and gives them at once.
 *
 * @param what the text is, for the error
 * @throws ContextLengthError, the signal's reason
 */
export async function encodeInTurns(
  tokenizer: Tokenizer,
  text: string,
  options: StepOptions,
  { most, spare = 0, signal }: TurnOptions,
  what = "prompt",
): Promise<number[]> {
  const refuse = (tokens: string): never => {
    throw new ContextLengthError(`${what} has ${tokens} tokens, the context holds ${most}: shorten it or raise contextLength (--ctx)`);
  };
  if (most !== undefined && text.length > most) {
    const least = Math.ceil(text.length / longestToken(tokenizer) / COMPOSED);
    if (least > most + spare) refuse(`at least ${least}`);
  }
  const { ids, whole } = await run(tokenizer, text, options, most === undefined ? Number.POSITIVE_INFINITY : most + spare, signal);
  if (most !== undefined && ids.length > most + spare) refuse(`${whole ? "" : "at least "}${ids.length}`);
  return ids;
}

/** The first ids of a text, `most` of them; the rest of it is left. @throws the signal's reason */
export async function encodeStart(
  tokenizer: Tokenizer,
  text: string,
  options: StepOptions,
  most: number,
  signal?: AbortSignal,
): Promise<number[]> {
  return (await run(tokenizer, text, options, most, signal)).ids.slice(0, most);
}

/** Until there are more than `enough` ids. */
async function run(
  tokenizer: Tokenizer,
  text: string,
  options: StepOptions,
  enough: number,
  signal: AbortSignal | undefined,
): Promise<{ ids: number[]; whole: boolean }> {
  signal?.throwIfAborted();
  if (!isStepped(tokenizer)) return { ids: tokenizer.encode(text, options), whole: true };
  const steps = tokenizer.encodeSteps(text, options);
  for (let began = performance.now(); ; ) {
    const { done = false, value: ids } = steps.next();
    if (done || ids.length > enough) return { ids, whole: done };
    if (performance.now() - began < SLICE) continue;
    await turn();
    signal?.throwIfAborted();
    began = performance.now();
  }
}

/** Whether a tokenizer is one of cria's. */
export function isStepped(tokenizer: Tokenizer): tokenizer is SteppedTokenizer {
  return "encodeSteps" in tokenizer;
}

/** Bytes. Found when it is first needed: that is a walk along a vocabulary. */
function longestToken(tokenizer: Tokenizer): number {
  let longest = longestTokens.get(tokenizer) ?? 0;
  if (longest === 0) for (let id = 0; id < tokenizer.vocabSize; id++) longest = Math.max(longest, tokenizer.bytes(id)?.length ?? 0);
  longestTokens.set(tokenizer, longest);
  return Math.max(1, longest);
}
const longestTokens = new WeakMap<Tokenizer, number>();
