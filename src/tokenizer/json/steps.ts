// normalizer, pre_tokenizer, post_processor and decoder of a tokenizer.json have one form: an object with a type, or a Sequence of such.

import { FormatError } from "../../errors.ts";
import { type Field, fieldOf, isAbsent, listOf, stringOf } from "./fields.ts";

export interface Step {
  readonly type: string;
  readonly field: Field;
}

/** Published files have under ten steps and one level. */
const MAX_STEPS = 200;
const MAX_DEPTH = 8;

/** The steps in order, Sequences resolved; none for a field that is missing or null. `listKey` is where a Sequence has its parts. */
export function stepsOf(field: Field, listKey: string): Step[] {
  const steps: Step[] = [];
  const add = (part: Field, depth: number): void => {
    const type = stringOf(fieldOf(part, "type"));
    if (type !== "Sequence") steps.push({ type, field: part });
    else if (depth === MAX_DEPTH)
      throw new FormatError(`${part.where} is a Sequence inside ${MAX_DEPTH} others, expected at most ${MAX_DEPTH}`);
    else for (const inner of listOf(fieldOf(part, listKey))) add(inner, depth + 1);
    if (steps.length > MAX_STEPS) throw new FormatError(`${field.where} has more than ${MAX_STEPS} steps`);
  };
  if (!isAbsent(field)) add(field, 0);
  return steps;
}
