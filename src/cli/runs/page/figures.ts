// What is known of a run, as a table writes it: in the terminal and on the page.
import type { RunReport } from "../../../train/runs/run-report.ts";
import { showDuration } from "../../terminal/units.ts";
import { compact, orNothing, precise } from "./words.ts";

/** Tokens, losses, bits per byte, tokens a second, share of the peak, time: in this order. */
export function figuresOf({ state, progress }: RunReport): string[] {
  const { tokens, trainLoss, validationLoss, bitsPerByte, tokensPerSecond, shareOfPeak, seconds, secondsLeft } = progress;
  const duration = (value: number): string => showDuration(1000 * value);
  return [
    orNothing(tokens, compact),
    orNothing(trainLoss, precise),
    orNothing(validationLoss, precise),
    orNothing(bitsPerByte, precise),
    orNothing(tokensPerSecond, compact),
    orNothing(shareOfPeak, (share) => `${(100 * share).toFixed(0)}%`),
    state === "running" && secondsLeft !== null ? `${duration(secondsLeft)} left` : orNothing(seconds, duration),
  ];
}
