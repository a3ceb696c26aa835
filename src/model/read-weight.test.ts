// Weights in pieces: the bytes that they are of, in whatever order the reads of them end.
import { describe, expect, it } from "vitest";
import type { StoredTensor } from "../formats/tensor-file.ts";
import { createRng } from "../tensor/rng.ts";
import { readWeight } from "./read-weight.ts";

const ROWS = 700;
const COLUMNS = 16 * 1024; // 64 kB a row: pieces of some thirty rows
const bytes = new Uint8Array(4 * ROWS * COLUMNS);
for (let row = 0; row < ROWS; row++) bytes.fill(row % 251, 4 * COLUMNS * row, 4 * COLUMNS * (row + 1));

/** Whose reads take their time, and go into the memory that they are given. */
function slowTensor(seed: number): StoredTensor {
  const rng = createRng(seed);
  return {
    name: "w",
    shape: [ROWS, COLUMNS],
    type: "F32",
    byteLength: bytes.length,
    file: "a file",
    async read(range = { offset: 0, length: bytes.length }, _signal, into = new Uint8Array(range.length)) {
      await new Promise((resolve) => setTimeout(resolve, rng.integer(4)));
      into.set(bytes.subarray(range.offset, range.offset + range.length));
      return into;
    },
  };
}

const interleaved = Int32Array.from({ length: ROWS }, (_, i) => 20 * Math.floor(i / 20) + (i % 10) * 2 + (Math.floor(i / 10) % 2));
const backwards = Int32Array.from({ length: ROWS }, (_, i) => ROWS - 1 - i);
const third = Int32Array.from({ length: 200 }, (_, i) => 300 + i);

describe.each<[string, Int32Array | undefined]>([
  ["all rows", undefined],
  ["rows of heads, interleaved", interleaved],
  ["rows from the last to the first", backwards],
  ["a third of a fused tensor", third],
])("%s", (_, rows) => {
  it.each([1, 2, 3])("come whole and in order, reads delayed by seed %i", async (seed) => {
    const file = { name: "a file", tensors: new Map([["w", slowTensor(seed)]]), close: async () => {} };
    const expected = rows ?? Int32Array.from({ length: ROWS }, (_, i) => i);
    const source = { name: "w", rows: rows && ((): Int32Array => rows), rowsInFile: ROWS };
    const read = await readWeight(file, source, [expected.length, COLUMNS]);
    expect(read.type).toBe("F32");
    const firsts = Array.from(expected, (_, i) => read.bytes[4 * COLUMNS * i]);
    const lasts = Array.from(expected, (_, i) => read.bytes[4 * COLUMNS * (i + 1) - 1]);
    expect(firsts).toEqual(Array.from(expected, (row) => row % 251));
    expect(lasts).toEqual(firsts);
  });
});
