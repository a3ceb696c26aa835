// How surprising a token was: the less likely it was, the stronger its colour.
import type { Alternative, Token } from "./conversation.ts";

/** The least probability of each level; 0 has no colour. */
const LEVELS = [0.8, 0.4, 0.15, 0.04, 0];

export function surpriseOf({ logprob }: Token): number {
  const probability = Math.exp(logprob);
  const level = LEVELS.findIndex((least) => probability >= least);
  return level < 0 ? LEVELS.length - 1 : level;
}

/** What stood, and what might have stood, in a token's place: the likeliest first, the token last where it is none of them. */
export function choices(token: Token): readonly { readonly choice: Alternative; readonly chosen: boolean }[] {
  const { top, among } = token;
  const shown = top.map((choice, place) => ({ choice, chosen: place === among }));
  return among === undefined ? [...shown, { choice: token, chosen: true }] : shown;
}

/** A token as it is shown and read out: spaces and line ends are seen. */
export function visible(text: string): string {
  return text.replace(/ /g, "\u2423").replace(/\n/g, "\u21b5").replace(/\t/g, "\u21e5") || "\u2205";
}
