// How long answers take, in two parts: until the first token, which is the prompt's, and from there on.
import type { Llama } from "../../llama.ts";
import { createRng } from "../../tensor/rng.ts";

/** In seconds. */
export interface AnswerTimes {
  /** Until every answer has its first token. */
  readonly prefill: number;
  /** From there until every answer has `more` tokens more. */
  readonly decode: number;
}

/**
 * Answers prompts together, greedily and past end tokens.
 *
 * @param more tokens of each answer after its first
 * @param onToken called for each of them
 */
export async function timeAnswers(
  llama: Llama,
  prompts: readonly (readonly number[])[],
  more: number,
  onToken: () => void = () => {},
): Promise<AnswerTimes> {
  const start = performance.now();
  const answers = prompts.map((prompt) => llama.generate(prompt, { temperature: 0, maxTokens: more + 1, ignoreEos: true }));
  await Promise.all(answers.map((answer) => answer.next()));
  const first = performance.now();
  const finish = async (answer: (typeof answers)[number]): Promise<void> => {
    while (!(await answer.next()).done) onToken();
  };
  await Promise.all(answers.map(finish));
  return { prefill: (first - start) / 1000, decode: (performance.now() - first) / 1000 };
}

/** A prompt of random ids. Another seed gives one with another beginning, for which no earlier prompt's keys and values can serve. */
export function randomPrompt(vocabSize: number, length: number, seed: number): number[] {
  const rng = createRng(seed);
  const first = seed % vocabSize;
  return [first, ...Array.from({ length: length - 1 }, () => rng.integer(vocabSize))];
}
