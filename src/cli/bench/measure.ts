// The figures of a loaded model: how fast it reads a prompt, how fast it answers, how soon the first token comes.
import type { Llama } from "../../llama.ts";
import { randomPrompt, timeAnswers } from "./time-answers.ts";

/** In tokens. */
export interface Sizes {
  readonly prompt: number;
  readonly decode: number;
  readonly shortPrompt: number;
}

/** What llama.cpp's bench calls pp512 and tg128, and the length of a short question. */
export const usualSizes: Sizes = { prompt: 512, decode: 128, shortPrompt: 20 };

/** Of several repetitions each, but for the first figure. */
export interface Figures {
  /** Of a short prompt right after loading, when code and memory are cold. */
  readonly coldFirstTokenSeconds: number;
  readonly firstTokenSeconds: readonly number[];
  readonly prefillTokensPerSecond: readonly number[];
  /** From the first token of an empty context on. */
  readonly decodeTokensPerSecond: readonly number[];
}

/** The usual sizes, or what the context holds of them. */
export function sizesFor(contextLength: number): Sizes {
  const { prompt, decode, shortPrompt } = usualSizes;
  return {
    prompt: Math.min(prompt, contextLength),
    decode: Math.min(decode, contextLength - 1),
    shortPrompt: Math.min(shortPrompt, contextLength),
  };
}

/**
 * Runs a round to warm up, and `repetitions` that count.
 *
 * @param onProgress gets the part that is done, from 0 to 1
 */
export async function measure(llama: Llama, sizes: Sizes, repetitions: number, onProgress: (part: number) => void): Promise<Figures> {
  const { vocabSize } = llama.config;
  let seed = 1;
  const prefill = async (length: number): Promise<number> =>
    (await timeAnswers(llama, [randomPrompt(vocabSize, length, seed++)], 0)).prefill;

  const coldFirstTokenSeconds = await prefill(sizes.shortPrompt);
  const rounds: { first: number; prefill: number; decode: number }[] = [];
  for (let round = 0; round <= repetitions; round++) {
    // A prompt and an answer of these lengths take about as long.
    const report = (part: number): void => onProgress((round + part) / (repetitions + 1));
    const first = await prefill(sizes.shortPrompt);
    const prompt = await prefill(sizes.prompt);
    report(0.5);
    let tokens = 0;
    const { decode } = await timeAnswers(llama, [randomPrompt(vocabSize, 1, seed++)], sizes.decode, () =>
      report(0.5 + (0.5 * ++tokens) / sizes.decode),
    );
    rounds.push({ first, prefill: prompt, decode });
  }
  const counted = rounds.slice(1);
  return {
    coldFirstTokenSeconds,
    firstTokenSeconds: counted.map(({ first }) => first),
    prefillTokensPerSecond: counted.map((round) => sizes.prompt / round.prefill),
    decodeTokensPerSecond: counted.map((round) => sizes.decode / round.decode),
  };
}
