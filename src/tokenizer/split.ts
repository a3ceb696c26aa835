// Pre-tokenization: cutting a text into the words inside which merges happen. A Split works on UTF-8 bytes, so that what it
// finds goes to the merges without a conversion. Splits compose: each next one cuts the pieces of the one before.

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

/** Appends the pieces of bytes[start, end) to `out`, in order. Bytes that no piece holds are dropped. Time is linear in the length. */
export type Split = (bytes: Uint8Array, start: number, end: number, out: Spans) => void;

/** The whole text as one piece. */
export const whole: Split = (_bytes, start, end, out) => {
  if (start < end) out.push(start, end);
};

/** Each split cuts the pieces of the one before it, and sees no further than the piece. */
export function sequence(splits: readonly Split[]): Split {
  if (splits.length === 0) return whole;
  return splits.reduce((outer, inner) => (bytes, start, end, out) => {
    const pieces = new Spans();
    outer(bytes, start, end, pieces);
    for (let i = 0; i < pieces.length; i += 2) inner(bytes, pieces.data[i], pieces.data[i + 1], out);
  });
}
