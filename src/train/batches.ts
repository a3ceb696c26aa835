// Which rows a step sees. Everything is a function of the step, so a run that goes on sees what it would have seen.
import type { TokenFile } from "./corpus/token-file.ts";
import type { BatchRecipe, ValidationRecipe } from "./recipe.ts";
import { packRows, type Rows, rowOrder, type Stretch } from "./rows.ts";

export interface Batches {
  /** @param step counted from 0 @returns the parts of the batch */
  at(step: number): Promise<Rows[]>;
  /** Tokens of a row of that step. */
  rowLengthAt(step: number): number;
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
  const isLong = (step: number): boolean => step >= firstLong;
  const rowLengthAt = (step: number): number => (isLong(step) ? longRows!.rowLength : rowLength);
  return {
    rowLengthAt,
    async at(step) {
      const length = rowLengthAt(step);
      const { begin } = isLong(step) ? long! : short;
      const count = tokens / length;
      const first = (isLong(step) ? step - firstLong : step) * count;
      const stretches: Stretch[] = [];
      for (let row = 0; row < count; row++) stretches.push(await file.read(begin(first + row), length + 1));
      const perPart = count / parts; // the recipe was checked
      return Array.from({ length: parts }, (_, i) => packRows(stretches.slice(i * perPart, (i + 1) * perPart)));
    },
  };
}

/** The first rows of the validation tokens, some at a time; fewer where there are not so many. */
export async function validationBatches(file: TokenFile, { rows, rowLength }: ValidationRecipe, batchTokens: number): Promise<Rows[]> {
  const length = Math.min(rowLength, file.tokens - 1);
  const count = Math.max(1, Math.min(rows, Math.floor((file.tokens - 1) / length)));
  const atATime = Math.max(1, Math.floor(batchTokens / length));
  const batches: Rows[] = [];
  for (let first = 0; first < count; first += atATime) {
    const stretches: Stretch[] = [];
    for (let row = first; row < Math.min(count, first + atATime); row++) stretches.push(await file.read(row * length, length + 1));
    batches.push(packRows(stretches));
  }
  return batches;
}
