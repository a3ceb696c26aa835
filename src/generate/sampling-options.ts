// What a caller may ask of the sampler: the options, their ranges and defaults, and the check that turns them into a complete record.
// The defaults are llama.cpp's (temperature 0.8, top-k 40, top-p 0.95, min-p 0.05): they suit chat with every family that cria loads.
import { type OptionName, wrongOption } from "./option-error.ts";

/** How the next token is drawn; see `sampler.ts` for the order in which these apply. Everything is optional. */
export interface SamplingOptions {
  /** Divides the logits: below 1 surer, above 1 more varied; 0 always takes the likeliest token. From 0, default 0.8. */
  temperature?: number;
  /** Only the k likeliest tokens. An integer from 0, where 0 means all; default 40. */
  topK?: number;
  /** Only the smallest set of likeliest tokens that holds this much probability (Holtzman 2020). From 0, the likeliest alone, to 1, all; default 0.95. */
  topP?: number;
  /** Only tokens at least this fraction as likely as the likeliest (Nguyen 2024). From 0 to 1, where 0 means all; default 0.05. */
  minP?: number;
  /** Only the smallest set, this probable together, whose surprise is nearest to the entropy (Meister 2022). From 0, one token, to 1, all; default 1. */
  typicalP?: number;
  /** Divides positive logits of recent tokens, multiplies negative ones (Keskar 2019). Above 0; default 1, off. */
  repetitionPenalty?: number;
  /** How many of the latest tokens the three penalties look back on. An integer from 0, or Infinity; default 64. */
  repetitionWindow?: number;
  /** Taken from a recent token's logit once for each time it occurs. Any finite number, negative to encourage; default 0. */
  frequencyPenalty?: number;
  /** Taken once from the logit of every recent token. Any finite number; default 0. */
  presencePenalty?: number;
  /** Added to the logits of these ids, before everything else; -Infinity forbids one. Default none. */
  logitBias?: Readonly<Record<number, number>>;
  /** Holds the surprise of the text at `tau` bits, corrected by `eta` a token (Basu 2021), instead of topK, topP, minP and typicalP. Default off. */
  mirostat?: { tau: number; eta: number };
  /** An integer of 64 bits; the same seed gives the same ids. Default: drawn by the platform, and to be read in the result. */
  seed?: number;
}

/** Checked and complete options. */
export interface Sampling extends Required<Omit<SamplingOptions, "logitBias" | "mirostat">> {
  readonly logitBias: ReadonlyMap<number, number>;
  readonly mirostat: { readonly tau: number; readonly eta: number } | undefined;
}

/**
 * Checks options and fills in the defaults.
 * @throws UsageError for a value outside its range, and for mirostat together with one of the cuts that it replaces
 */
export function resolveSampling(options: SamplingOptions = {}): Sampling {
  const { mirostat, logitBias = {} } = options;
  if (mirostat) {
    for (const name of ["topK", "topP", "minP", "typicalP"] as const) {
      if (options[name] !== undefined) throw wrongOption(name, `was given with mirostat, which makes its own cut: leave one of them out`);
    }
    check("mirostat.tau", mirostat.tau, mirostat.tau > 0 && mirostat.tau < Number.POSITIVE_INFINITY, "a number of bits above 0");
    check("mirostat.eta", mirostat.eta, mirostat.eta > 0 && mirostat.eta <= 1, "a rate above 0, at most 1");
  }
  return {
    temperature: finite("temperature", options.temperature ?? 0.8, 0),
    topK: count("topK", options.topK ?? 40),
    topP: fraction("topP", options.topP ?? 0.95),
    minP: fraction("minP", options.minP ?? 0.05),
    typicalP: fraction("typicalP", options.typicalP ?? 1),
    repetitionPenalty: positive("repetitionPenalty", options.repetitionPenalty ?? 1),
    repetitionWindow:
      options.repetitionWindow === Number.POSITIVE_INFINITY ? Infinity : count("repetitionWindow", options.repetitionWindow ?? 64),
    frequencyPenalty: finite("frequencyPenalty", options.frequencyPenalty ?? 0),
    presencePenalty: finite("presencePenalty", options.presencePenalty ?? 0),
    logitBias: new Map(Object.entries(logitBias).map(([id, bias]) => biasEntry(id, bias))),
    mirostat: mirostat && { ...mirostat },
    seed: seedOf(options.seed ?? crypto.getRandomValues(new Uint32Array(1))[0]),
  };
}

function check(name: OptionName, given: unknown, ok: boolean, expected: string): void {
  if (!ok) throw wrongOption(name, `is ${String(given)}: expected ${expected}`);
}

function finite(name: OptionName, x: number, from = Number.NEGATIVE_INFINITY): number {
  check(name, x, Number.isFinite(x) && x >= from, from === 0 ? "a number from 0" : "a finite number");
  return x;
}

function positive(name: OptionName, x: number): number {
  check(name, x, Number.isFinite(x) && x > 0, "a number above 0 (1 changes nothing)");
  return x;
}

function count(name: OptionName, x: number): number {
  check(name, x, Number.isSafeInteger(x) && x >= 0, "an integer from 0");
  return x;
}

function fraction(name: OptionName, x: number): number {
  check(name, x, x >= 0 && x <= 1, "a number from 0 to 1");
  return x;
}

function seedOf(seed: number): number {
  check("seed", seed, Number.isInteger(seed) && Math.abs(seed) <= 2 ** 63, "an integer of 64 bits");
  return seed;
}

function biasEntry(key: string, bias: number): [number, number] {
  const id = Number(key);
  check("logitBias", `for ${JSON.stringify(key)}`, /^\d+$/.test(key) && Number.isSafeInteger(id), "token ids, in digits, as keys");
  if (!(bias < Number.POSITIVE_INFINITY)) {
    throw wrongOption("logitBias", `of token ${id} is ${bias}: expected a finite number, or -Infinity to forbid the token`);
  }
  return [id, bias];
}
