import { describe, expect, it } from "vitest";
import { createRng } from "../../tensor/rng.ts";
import { checkMixture, epochsOf, isForValidation, mixOrder } from "./mix.ts";
import { planShards } from "./shards.ts";

describe("epochs", () => {
  it("are those of table 1 of LLaMA, if weights and sizes are", () => {
    // Share of the mixture in percent, size in GB, epochs for 1.4 T tokens. What a GB gives in tokens differs by source, so sizes stand for tokens here.
    const share = [67, 15, 4.5, 4.5, 4.5, 2.5, 2];
    const published = [1.1, 1.06, 0.64, 2.45, 2.23, 1.06, 1.03];
    const tokens = share.map((percent, i) => percent / published[i]);
    const all = tokens.reduce((a, b) => a + b);
    const epochs = epochsOf(tokens, { kind: "weights", values: share }, []);
    for (const [i, epoch] of epochs.entries()) expect((epoch * 100) / all).toBeCloseTo(published[i], 10);
  });

  it("are one for each without a wish, and as wished", () => {
    expect(epochsOf([10, 20], undefined, [])).toEqual([1, 1]);
    expect(epochsOf([10, 20], { kind: "epochs", values: [0.5, 3] }, [])).toEqual([0.5, 3]);
    expect(epochsOf([10, 30], { kind: "weights", values: [1, 1] }, [])).toEqual([2, 20 / 30]);
  });

  it.each([
    [[1], 2, "--weights has 1 values for 2 SOURCES"],
    [[1, -1], 2, "--weights has the value -1"],
    [[0, 0], 2, "are all 0"],
  ])("%j for %i sources are refused", (values, sources, message) => {
    expect(() => checkMixture({ kind: "weights", values }, sources)).toThrow(message);
  });

  it("of a source of which nothing is left are refused", () => {
    expect(() => epochsOf([10, 0], { kind: "weights", values: [1, 1] }, ["a", "b"])).toThrow("b: nothing of it is left");
  });
});

describe("order", () => {
  const numbers = Uint32Array.from({ length: 300 }, (_, i) => 1000 + i);
  const sources = numbers.map((_, i) => (i < 100 ? 0 : 1));
  const bytes = numbers.map((_, i) => 50 + ((i * 37) % 100));
  const order = mixOrder({ numbers, sources, bytes }, [2.5, 0.25], createRng(7));
  const times = (number: number): number => order.filter((other) => other === number).length;

  it("has each document as often as its source has epochs, once more or less where that is a fraction", () => {
    for (const [i, number] of numbers.entries()) expect(sources[i] === 0 ? [2, 3] : [0, 1]).toContain(times(number));
    const seen = (source: number): number =>
      numbers.reduce((sum, number, i) => sum + (sources[i] === source ? times(number) * bytes[i] : 0), 0);
    const size = (source: number): number => bytes.reduce((sum, count, i) => sum + (sources[i] === source ? count : 0), 0);
    expect(Math.abs(seen(0) - 2.5 * size(0))).toBeLessThan(150);
    expect(Math.abs(seen(1) - 0.25 * size(1))).toBeLessThan(150);
  });

  it("is shuffled, the same for the same seed, another for another", () => {
    expect(mixOrder({ numbers, sources, bytes }, [2.5, 0.25], createRng(7))).toEqual(order);
    expect(mixOrder({ numbers, sources, bytes }, [2.5, 0.25], createRng(8))).not.toEqual(order);
    const firstHalf = order.subarray(0, order.length / 2).filter((number) => number < 1100).length;
    expect(firstHalf / (order.length / 2)).toBeCloseTo(250 / 300, 1);
  });

  it("is cut into shards, and none is lost", () => {
    const size = 20 * 2 ** 20;
    const shards = planShards("train", order, () => size);
    expect(shards[0]).toMatchObject({ name: "train-00000.jsonl", documents: order.subarray(0, 4) });
    expect(shards.flatMap(({ documents }) => [...documents])).toEqual([...order]);
    expect(planShards("val", new Uint32Array(), () => size)).toEqual([]);
  });
});

it("as many documents are kept apart as were asked for", () => {
  const rng = createRng(3);
  const hashes = Array.from({ length: 20_000 }, () => rng.integer(2 ** 32));
  const share = hashes.filter((hash) => isForValidation(hash, 0.05)).length / hashes.length;
  expect(Math.abs(share - 0.05)).toBeLessThan(0.006); // four standard deviations
  expect(hashes.some((hash) => isForValidation(hash, 0))).toBe(false);
});
