// How a model thinks before it answers, found in its chat template.
import type { Mark } from "../marks.ts";

export interface ThinkMarks {
  readonly open: Mark;
  readonly close: Mark;
  /** The variable of the template that switches thoughts on and off, where it has one. */
  readonly variable?: string;
}

const pairs: readonly (readonly [open: Mark, close: Mark])[] = [
  ["<think>", "</think>"], // Qwen 3, DeepSeek R1 and its distillations, SmolLM3
  ["[THINK]", "[/THINK]"], // Magistral
];

/** @param template Jinja source @returns undefined for a model that does not think */
export function thinkMarksOf(template: string): ThinkMarks | undefined {
  const pair = pairs.find((marks) => marks.every((mark) => template.includes(mark)));
  if (!pair) return undefined;
  const [open, close] = pair;
  // Qwen 3 and SmolLM3; DeepSeek V3.1.
  const variable = /\benable_thinking\b/.test(template)
    ? "enable_thinking"
    : /\bthinking is defined\b/.test(template)
      ? "thinking"
      : undefined;
  return { open, close, variable };
}

/** Whether a prompt ends within thoughts: the template opens them itself. */
export function opensThoughts(prompt: string, { open }: ThinkMarks): boolean {
  return prompt.trimEnd().endsWith(open);
}

/** What ends thoughts that a prompt has opened before there are any. */
export function closing(prompt: string, { close }: ThinkMarks): string {
  return `${prompt.endsWith("\n") ? "\n" : "\n\n"}${close}\n\n`;
}
