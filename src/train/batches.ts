// Which rows a step sees. Everything is a function of the step, so a run that goes on sees what it would have seen.
import type { TokenFile } from "./corpus/token-file.ts";
import type { BatchRecipe, ValidationRecipe } from "./recipe.ts";
import { packRows, type Rows, rowOrder, type Stretch } from "./rows.ts";

export interface Batches {
  /** @param step counted from 0 @returns the parts of the batch */
  at(step: number): Promise<Rows[]>;
}

/** @param steps of the whole run */
export function trainingBatches(
  file: TokenFile,
  { rows, rowLength, parts = 1, longRows }: BatchRecipe,
  steps: number,
  seed: number,
): Batches {
  const tokens = rows * rowLength;
  const short = rowOrder(file.tokens, rowLength, seed);
  const long = longRows && rowOrder(file.tokens, longRows.rowLength, seed + 1);
  const firstLong = longRows ? Math.round(longRows.from * steps) : steps;
  return {
    async at(step) {
      const isLong = step >= firstLong;
      const length = isLong ? longRows!.rowLength : rowLength;
      const { begin } = isLong ? long! : short;
      const count = tokens / length;
      const first = (isLong ? step - firstLong : step) * count;
      const stretches: Stretch[] = [];
      for (let row = 0; row < count; row++) stretches.push(await file.read(begin(first + row), length + 1));
      const perPart = Math.ceil(count / parts);
      return Array.from({ length: Math.ceil(count / perPart) }, (_, i) => packRows(stretches.slice(i * perPart, (i + 1) * perPart)));
    },
  };
}

/** The first rows of the validation tokens, some at a time; fewer where there are not so many. */
export async function validationBatches(file: TokenFile, { rows, rowLength }: ValidationRecipe, tokensAtATime: number): Promise<Rows[]> {
  const length = Math.min(rowLength, file.tokens - 1);
  const count = Math.max(1, Math.min(rows, Math.floor((file.tokens - 1) / length)));
  const atATime = Math.max(1, Math.floor(tokensAtATime / length));
  const batches: Rows[] = [];
  for (let first = 0; first < count; first += atATime) {
    const stretches: Stretch[] = [];
    for (let row = first; row < Math.min(count, first + atATime); row++) stretches.push(await file.read(row * length, length + 1));
    batches.push(packRows(stretches));
  }
  return batches;
}
