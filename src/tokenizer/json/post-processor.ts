// The post-processor of a tokenizer.json: which ids addSpecial puts before and after a text.

import { FormatError, UnsupportedError } from "../../errors.ts";
import { type Field, fieldOf, indexOf, listOf, stringOf } from "./fields.ts";
import { stepsOf } from "./steps.ts";

interface Frame {
  readonly before: number[];
  readonly after: number[];
}

export function readPostProcessor(field: Field, maxId: number): Frame {
  const frame: Frame = { before: [], after: [] };
  for (const { type, field: step } of stepsOf(field, "processors")) {
    if (type === "TemplateProcessing") readTemplate(step, maxId, frame);
    else if (type === "BertProcessing" || type === "RobertaProcessing") {
      frame.before.unshift(pairId(fieldOf(step, "cls"), maxId));
      frame.after.push(pairId(fieldOf(step, "sep"), maxId));
    } else if (type !== "ByteLevel") throw new UnsupportedError(`${step.where} is a ${type}, which cria does not know`);
  }
  return frame;
}

// [{ "SpecialToken": { "id": "<s>" } }, { "Sequence": { "id": "A" } }]: what a single text becomes.
function readTemplate(step: Field, maxId: number, frame: Frame): void {
  const tokens = fieldOf(step, "special_tokens");
  const before: number[] = [];
  const after: number[] = [];
  let side = before;
  const single = fieldOf(step, "single");
  for (const item of listOf(single)) {
    const special = fieldOf(item, "SpecialToken");
    if (special.value === undefined) {
      fieldOf(fieldOf(item, "Sequence"), "id");
      if (side === after) throw new FormatError(`${single.where} has the text twice, expected once`);
      side = after;
      continue;
    }
    const ids = listOf(fieldOf(fieldOf(tokens, stringOf(fieldOf(special, "id"))), "ids"));
    if (side.length + ids.length > 1000) throw new FormatError(`${single.where} adds more than 1000 tokens`);
    for (const id of ids) side.push(indexOf(id, maxId));
  }
  frame.before.unshift(...before);
  frame.after.push(...after);
}

// ["[CLS]", 101]
function pairId(field: Field, maxId: number): number {
  const [, id] = listOf(field);
  return indexOf(id ?? { value: undefined, where: `${field.where}[1]` }, maxId);
}
