// From a prompt to an answer, piece by piece: run, sample, decode, look for a stop, yield.
import { UsageError } from "../errors.ts";
import { createRng } from "../tensor/rng.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import type { Constraint } from "./constraint.ts";
import type { Engine, Sequence } from "./engine.ts";
import { formatConstraint } from "./grammar/format-constraint.ts";
import { type TokenLogprob, tokenLogprobs } from "./logprobs.ts";
import { asFormatOption, type OptionName, wrongOption } from "./option-error.ts";
import { checkOptionNames } from "./option-names.ts";
import type { OutputFormat } from "./output-format.ts";
import { sample } from "./sampler.ts";
import { resolveSampling, type SamplingOptions } from "./sampling-options.ts";
import { createStopScanner } from "./stop.ts";

export interface GenerateOptions extends SamplingOptions {
  /** Most tokens to generate; until the context is full by default. */
  maxTokens?: number;
  /** The answer ends before any of these texts, wherever token borders are. */
  stop?: string | readonly string[];
  signal?: AbortSignal;
  /** Report the log-probability of each token and of so many alternatives. */
  logprobs?: number;
  /** Go on past the end token; with a format, as long as it lets anything else come. */
  ignoreEos?: boolean;
  /**
   * What the text has to be, enforced token by token before anything else is asked of the sampler. An answer that ends by itself is of the format; one that a
   * stop string, maxTokens or the context cuts off is the beginning of such a text.
   */
  format?: OutputFormat;
}

/** A prompt is longer than what the context holds. Servers have a word of their own for it. */
export class ContextLengthError extends UsageError {
  override name = "ContextLengthError";
}

/** One token of the answer. */
export interface Piece {
  readonly id: number;
  /** The text that may be shown now: complete characters that can no longer turn into a stop string. May be empty. */
  readonly text: string;
  /** With the option `logprobs`: natural logarithm of the model's probability of this token, before any sampling option. */
  readonly logprob?: number;
  /** With the option `logprobs`: the likeliest tokens, best first. */
  readonly top?: readonly TokenLogprob[];
}

/** How an answer ended: the value that the generator returns. */
export interface GenerationEnd {
  /** "end": an end token, or nothing could follow in what the answer had to be. "stop": a stop string. "length": maxTokens. "context": the context is full. */
  readonly reason: "end" | "stop" | "length" | "context";
  /** The stop string that was found. */
  readonly stop?: string;
  readonly promptTokens: number;
  /** Tokens of the prompt that an earlier one had in common, and that were not run again. */
  readonly cachedTokens: number;
  readonly generatedTokens: number;
  /** The seed that was used; the same one gives the same answer. */
  readonly seed: number;
}

/**
 * Continues `promptIds`. The texts of all pieces together are the answer.
 *
 * @param tokenizer  none: pieces have ids and no text
 * @param onPrompt   called once, when the prompt has run
 * @param constraint what the answer has to be, in place of the option `format`; stays the caller's to dispose of
 * @throws UsageError for options outside their range and for a prompt that the context does not hold; the signal's reason when aborted
 */
export async function* generate(
  engine: Engine,
  tokenizer: Tokenizer | undefined,
  promptIds: readonly number[],
  options: GenerateOptions = {},
  onPrompt?: (prompt: Pick<GenerationEnd, "promptTokens" | "cachedTokens">) => void,
  constraint?: Constraint,
): AsyncGenerator<Piece, GenerationEnd> {
  const { maxTokens = Number.POSITIVE_INFINITY, signal, logprobs, ignoreEos } = options;
  const stops = typeof options.stop === "string" ? [options.stop] : (options.stop ?? []);
  checkRequest(engine, tokenizer, promptIds, options, stops);
  const sampling = resolveSampling(options);
  const rng = createRng(sampling.seed);
  const endIds = ignoreEos ? new Set<number>() : (tokenizer?.endIds ?? new Set());
  const stream = tokenizer?.stream({ skipSpecial: true, continues: true });
  const scanner = createStopScanner(stops);
  const ids = [...promptIds];
  const own =
    options.format && tokenizer && !constraint ? await asFormatOption(formatConstraint(tokenizer, options.format, !ignoreEos)) : undefined;
  const limits = constraint ?? own;
  let mu: number | undefined;
  let answer = ""; // kept where it is checked at the end
  let sequence: Sequence | undefined;

  try {
    sequence = await engine.begin(ids.slice(), Math.min(engine.contextLength, ids.length + maxTokens), signal);
    const read = { promptTokens: promptIds.length, cachedTokens: sequence.cachedTokens };
    onPrompt?.(read);
    for (let generated = 1; ; generated++) {
      signal?.throwIfAborted();
      const { scores } = sequence;
      const drawn = sample(limits?.mask(scores) ?? scores, ids, sampling, rng, mu);
      const { id } = drawn;
      mu = drawn.mu;
      ids.push(id);
      limits?.accept(id);

      const { text, stop } = scanner.push(stream && !endIds.has(id) ? stream.push(id) : "");
      const reason = endIds.has(id)
        ? "end"
        : stop !== undefined
          ? "stop"
          : limits?.finished
            ? "end"
            : generated >= maxTokens
              ? "length"
              : sequence.length >= engine.contextLength
                ? "context"
                : undefined;
      // The last piece carries what was held back: half a character, or the start of a stop string that never came.
      const rest = reason === undefined || reason === "stop" ? "" : scanner.push(stream?.end() ?? "").text + scanner.end();
      if (own) answer += text + rest;
      if (reason === "end") own?.verify(answer);
      const { logprob, top } = logprobs === undefined ? {} : tokenLogprobs(scores, id, logprobs);
      yield { id, text: text + rest, ...(logprob === undefined ? {} : { logprob, top }) };
      if (reason) return { reason, stop, ...read, generatedTokens: generated, seed: sampling.seed };
      await sequence.append(id);
    }
  } finally {
    sequence?.release();
    own?.dispose();
  }
}

/** Every option there is: a name that is none of these is a mistake that would otherwise pass in silence. */
export const generateOptionNames: Record<keyof GenerateOptions, true> = {
  temperature: true,
  topK: true,
  topP: true,
  minP: true,
  typicalP: true,
  repetitionPenalty: true,
  repetitionWindow: true,
  frequencyPenalty: true,
  presencePenalty: true,
  logitBias: true,
  mirostat: true,
  seed: true,
  maxTokens: true,
  stop: true,
  signal: true,
  logprobs: true,
  ignoreEos: true,
  format: true,
};

function checkRequest(
  engine: Engine,
  tokenizer: Tokenizer | undefined,
  promptIds: readonly number[],
  options: GenerateOptions,
  stops: readonly string[],
): void {
  checkOptionNames(options, generateOptionNames);
  if (promptIds.length === 0) throw new UsageError("the prompt is empty: the model needs at least one token to start from");
  if (promptIds.length > engine.contextLength) {
    throw new ContextLengthError(
      `prompt has ${promptIds.length} tokens, the context holds ${engine.contextLength}: shorten it or raise contextLength (--ctx)`,
    );
  }
  checkCount("maxTokens", options.maxTokens ?? 1, 1);
  checkCount("logprobs", options.logprobs ?? 0, 0);
  if (options.format && !tokenizer) throw new UsageError("a format needs a tokenizer, and this model has none: watch the ids instead");
  if (stops.length > 0 && !tokenizer) throw new UsageError("stop strings need a tokenizer, and this model has none: watch the ids instead");
}

function checkCount(name: OptionName, value: number, least: number): void {
  if (value === Number.POSITIVE_INFINITY || (Number.isInteger(value) && value >= least)) return;
  throw wrongOption(name, `is ${value}, expected a whole number from ${least}`);
}
