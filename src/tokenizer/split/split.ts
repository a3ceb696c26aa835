// Pre-tokenization: cutting a text into the words inside which merges happen. A Split works on UTF-8 bytes, so that what it
// finds goes to the merges without a conversion. Splits compose: each next one cuts the pieces of the one before.

import { STRIDE, type Steps } from "../pauses.ts";

/** Pieces of one text: pairs of start (inclusive) and end (exclusive) offsets in `data[0 .. length)`. */
export class Spans {
  data: Int32Array = new Int32Array(64);
  length = 0;

  push(start: number, end: number): void {
    if (this.length + 2 > this.data.length) {
      const larger = new Int32Array(this.data.length * 2);
      larger.set(this.data);
      this.data = larger;
    }
    this.data[this.length++] = start;
    this.data[this.length++] = end;
  }
}

/** Appends the pieces of bytes[start, end) to `out`, in order and in steps. Bytes that no piece holds are dropped. Time is linear in the length. */
export type Split = (bytes: Uint8Array, start: number, end: number, out: Spans) => Steps;

/** The whole text as one piece. */
export const whole: Split = function* (_bytes, start, end, out) {
  yield;
  if (start < end) out.push(start, end);
};

/** Each split cuts the pieces of the one before it, and sees no further than the piece. */
export function sequence(splits: readonly Split[]): Split {
  if (splits.length === 0) return whole;
  return splits.reduce(
    (outer, inner) =>
      function* (bytes, start, end, out) {
        const pieces = new Spans();
        yield* outer(bytes, start, end, pieces);
        for (let i = 0; i < pieces.length; i += 2) {
          if (i % STRIDE === 0) yield;
          yield* inner(bytes, pieces.data[i], pieces.data[i + 1], out);
        }
      },
  );
}

/** Cuts before each run of one character: pieces are `[run of it][what follows up to the next run]`. */
export function splitBeforeRuns(char: string): Split {
  const mark = new TextEncoder().encode(char);
  return function* (bytes, start, end, out) {
    let open = start;
    for (let i = start; i < end; ) {
      if (i % STRIDE === 0) yield;
      if (!startsWith(bytes, i, end, mark)) {
        i++;
        continue;
      }
      if (open < i) out.push(open, i);
      open = i;
      while (startsWith(bytes, i, end, mark)) i += mark.length;
    }
    if (open < end) out.push(open, end);
  };
}

function startsWith(bytes: Uint8Array, at: number, end: number, mark: Uint8Array): boolean {
  if (at + mark.length > end) return false;
  for (let i = 0; i < mark.length; i++) if (bytes[at + i] !== mark[i]) return false;
  return true;
}

/** What becomes of the matches of a pattern and of what lies between them, by the names of the tokenizers library. */
export type MatchBehavior = "Removed" | "Isolated" | "MergedWithPrevious" | "MergedWithNext" | "Contiguous";

/** Cuts at the matches that `matches` appends; `invert`: matches and what lies between them change places. */
export function splitAtMatches(matches: Split, behavior: MatchBehavior, invert = false): Split {
  return function* (bytes, start, end, out) {
    const found = new Spans();
    yield* matches(bytes, start, end, found);
    const firstPiece = out.length;
    let mergeNext = -1; // where the match starts that the next piece takes with it
    let wasMatch = false;
    const add = (from: number, to: number, match: boolean): void => {
      if (from === to) return;
      const joins =
        (behavior === "MergedWithPrevious" && match && !wasMatch && out.length > firstPiece) ||
        (behavior === "Contiguous" && match === wasMatch && out.length > firstPiece);
      const waits = behavior === "MergedWithNext" && match;
      if (joins) out.data[out.length - 1] = to;
      else if (waits) {
        if (mergeNext !== -1) out.push(mergeNext, from);
        mergeNext = from;
      } else if (!(behavior === "Removed" && match)) {
        out.push(mergeNext === -1 ? from : mergeNext, to);
        mergeNext = -1;
      }
      wasMatch = match;
    };
    let done = start;
    for (let i = 0; i < found.length; i += 2) {
      if (i % STRIDE === 0) yield;
      add(done, found.data[i], invert);
      add(found.data[i], found.data[i + 1], !invert);
      done = found.data[i + 1];
    }
    add(done, end, invert);
    if (mergeNext !== -1) out.push(mergeNext, end);
  };
}

/** Appends the places where a literal text stands. */
export function literalMatches(text: string): Split {
  const mark = new TextEncoder().encode(text);
  return function* (bytes, start, end, out) {
    for (let i = start; i < end; ) {
      if (i % STRIDE === 0) yield;
      if (startsWith(bytes, i, end, mark)) {
        out.push(i, i + mark.length);
        i += mark.length;
      } else i++;
    }
  };
}
