// Rows of equal length out of a stream of documents, and what each token of a row may see: documents are packed one behind the other and cut where a row ends,
// and no token looks into another document (Llama 3, section 3.2).
import type { SequenceChunk } from "../model/batch.ts";
import { createRng } from "../tensor/rng.ts";
import { ignored } from "./loss.ts";

/** What the model runs on, and what it shall say. */
export interface Rows {
  /** Documents, and parts of them where a row begins or ends inside: each sees itself only. Together all tokens, in order. */
  readonly chunks: readonly SequenceChunk[];
  /** The token behind each; {@link ignored} behind the last of a document. */
  readonly targets: Int32Array; // [rows * rowLength]
}

/** Tokens of a stream, and where in it documents begin. */
export interface Stretch {
  readonly ids: Int32Array;
  /** Places in `ids`, ascending. */
  readonly starts: readonly number[];
}

/** @param stretches one for each row: its tokens, and one more behind it */
export function packRows(stretches: readonly Stretch[]): Rows {
  const chunks: SequenceChunk[] = [];
  const targets: number[] = [];
  for (const { ids, starts } of stretches) {
    const length = ids.length - 1;
    const cuts = [...new Set([0, ...starts])].filter((start) => start < length);
    cuts.forEach((start, i) => {
      chunks.push({ ids: ids.subarray(start, cuts[i + 1] ?? length), start: 0 });
    });
    const begins = new Set(starts);
    for (let i = 1; i <= length; i++) targets.push(begins.has(i) ? ignored : ids[i]);
  }
  return { chunks, targets: Int32Array.from(targets) };
}

/** Where in a stream the rows of one pass begin, in the order in which they are seen. */
export type RowOrder = (row: number) => number;

/**
 * Cuts a stream into rows and shuffles them, for every pass anew: where the first row begins, and in which order they come, depends on the seed and on the pass alone.
 * So a run that goes on needs to know nothing but how many rows it has seen.
 *
 * @param tokens    of the stream
 * @param rowLength tokens of a row; one more is needed behind the last
 */
export function rowOrder(tokens: number, rowLength: number, seed: number): { readonly rows: number; readonly begin: RowOrder } {
  const rows = Math.max(1, Math.floor((tokens - rowLength) / rowLength));
  const slack = tokens - 1 - rows * rowLength;
  let pass = -1;
  let offset = 0;
  let order = new Uint32Array(0);
  const shuffle = (next: number): void => {
    const rng = createRng(seed + 7919 * (next + 1));
    offset = slack > 0 ? rng.integer(Math.min(slack, rowLength) + 1) : 0;
    order = Uint32Array.from({ length: rows }, (_, i) => i);
    for (let i = rows - 1; i > 0; i--) {
      const j = rng.integer(i + 1);
      [order[i], order[j]] = [order[j], order[i]];
    }
    pass = next;
  };
  return {
    rows,
    begin(row) {
      const wanted = Math.floor(row / rows);
      if (wanted !== pass) shuffle(wanted);
      return offset + order[row % rows] * rowLength;
    },
  };
}
