// Which rows a step sees, from a file whose tokens are their own places.
import { describe, expect, it } from "vitest";
import { trainingBatches, validationBatches } from "./batches.ts";
import type { TokenFile } from "./corpus/token-file.ts";

const file = (tokens: number, starts: readonly number[] = [0]): TokenFile => ({
  tokens,
  documents: starts.length,
  bytes: tokens,
  async read(begin, length) {
    const within = starts.filter((start) => start >= begin && start < begin + length).map((start) => start - begin);
    return { ids: Int32Array.from({ length }, (_, i) => begin + i), starts: within };
  },
  close: async () => {},
});

const lengths = async (batches: ReturnType<typeof trainingBatches>, step: number): Promise<number[][]> =>
  (await batches.at(step)).map(({ chunks }) => chunks.map(({ ids }) => ids.length));

describe("the rows of a step", () => {
  it("lie in as many parts as are wanted", async () => {
    const batches = trainingBatches(file(1000), { rows: 4, rowLength: 8, parts: 2 }, 10, 1);
    expect(await lengths(batches, 0)).toEqual([
      [8, 8],
      [8, 8],
    ]);
  });

  it("become longer and fewer in the last part of a run", async () => {
    const batches = trainingBatches(file(1000), { rows: 4, rowLength: 8, parts: 2, longRows: { rowLength: 16, from: 0.8 } }, 10, 1);
    expect([7, 8].map(batches.rowLengthAt)).toEqual([8, 16]);
    expect(await lengths(batches, 7)).toEqual([
      [8, 8],
      [8, 8],
    ]);
    expect(await lengths(batches, 8)).toEqual([[16], [16]]);
  });

  it("see each place of a pass once, and the same ones whenever they are asked for", async () => {
    const batches = trainingBatches(file(97), { rows: 3, rowLength: 8 }, 100, 1);
    const places = async (step: number): Promise<number[]> =>
      (await batches.at(step)).flatMap(({ chunks }) => chunks.flatMap(({ ids }) => Array.from(ids)));
    const pass = [...(await places(0)), ...(await places(1)), ...(await places(2))]; // nine of its eleven rows
    expect(new Set(pass).size).toBe(pass.length);
    await places(30);
    expect(await places(1)).toEqual(pass.slice(24, 48));
  });
});

it("the first rows are measured, some at a time, or the few that there are", async () => {
  const counts = async (tokens: number): Promise<number[]> =>
    (await validationBatches(file(tokens), { every: 1, rows: 5, rowLength: 8 }, 16)).map(({ targets }) => targets.length);
  expect(await counts(1000)).toEqual([16, 16, 8]);
  expect(await counts(20)).toEqual([16]);
  expect(await counts(5)).toEqual([4]);
});
