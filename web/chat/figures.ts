// How much was read and written, and how fast, in words.
import type { Answer } from "./conversation.ts";

/** A line of figures below an answer, such as "120 tokens", "31.4 tokens/s", "first after 0.3 s", "212 read, 180 of them cached". */
export function figuresOf({ counts, time }: Answer): string[] {
  const figures: string[] = [];
  if (counts) figures.push(counts.generated === 1 ? "1 token" : `${counts.generated} tokens`);
  // The first token pays for the prompt; the rate is that of those after it.
  if (counts && time && counts.generated > 1 && time.rest > 0)
    figures.push(`${precise(((counts.generated - 1) / time.rest) * 1000)} tokens/s`);
  if (time) figures.push(`first after ${seconds(time.first)}`);
  if (counts) figures.push(`${counts.prompt} read${counts.cached > 0 ? `, ${counts.cached} of them cached` : ""}`);
  return figures;
}

export function percent(logprob: number): string {
  const value = 100 * Math.exp(logprob);
  if (value > 0 && value < 0.01) return "<0.01%";
  return `${value < 1 ? value.toFixed(2) : value.toFixed(value < 99.95 ? 1 : 0)}%`;
}

function precise(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function seconds(milliseconds: number): string {
  return milliseconds < 995 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(milliseconds < 9950 ? 1 : 0)} s`;
}
