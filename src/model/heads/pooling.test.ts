import { expect, it } from "vitest";
import { createRng } from "../../tensor/rng.ts";
import { createRunningMean, pooledPositions } from "./pooling.ts";

it("reads all hidden states, the first or the last", () => {
  expect(pooledPositions("mean", 4)).toEqual([0, 1, 2, 3]);
  expect(pooledPositions("cls", 4)).toEqual([0]);
  expect(pooledPositions("last", 4)).toEqual([3]);
});

it("takes the mean of rows that it does not keep", () => {
  const mean = createRunningMean(2);
  const row = new Float32Array(2);
  for (const values of [
    [1, 1e8],
    [2, 1],
    [6, -1e8],
  ]) {
    row.set(values); // the same memory again
    mean.add(row);
  }
  expect(mean.value()).toEqual(Float32Array.of(3, 1 / 3)); // float32 sums would lose the 1
});

it("gives a single row back, bit for bit", () => {
  const rng = createRng(1);
  const row = Float32Array.from({ length: 100 }, () => rng.normal());
  const mean = createRunningMean(100);
  mean.add(row);
  expect(mean.value()).toEqual(row);
});
