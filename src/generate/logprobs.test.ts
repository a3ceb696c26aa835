import { describe, expect, it } from "vitest";
import { readGolden } from "../../test/goldens.ts";
import { UsageError } from "../errors.ts";
import { logSumExp, tokenLogprobs } from "./logprobs.ts";

describe.each<{ name: string; inputs: { logits: number[][] }; outputs: { log_softmax: number[][] } }>(
  readGolden("components/cross-entropy.json").cases,
)("$name", ({ inputs, outputs }) => {
  it("gives the log-softmax that PyTorch gives", () => {
    const logprobs = inputs.logits.map((row) => row.map((logit) => logit - logSumExp(Float64Array.from(row))));
    expect(logprobs).toBeWithin(1e-12, outputs.log_softmax);
  });
});

describe("log-probabilities", () => {
  it("do not overflow, and keep what a sum in float32 would lose", () => {
    expect(logSumExp(Float32Array.of(1000, 1000))).toBeCloseTo(1000 + Math.log(2), 12);
    expect(logSumExp(Float32Array.of(-1000, -Infinity))).toBe(-1000);
    expect([logSumExp(new Float32Array(262_144))]).toBeWithin(1e-12, [Math.log(262_144)]);
  });

  it("list the likeliest beside the chosen one, best first and the lowest id of equals", () => {
    const logits = Float32Array.from([1, 5, 3, 5, 0], (x) => x);
    const { id, logprob, top } = tokenLogprobs(logits, 4, 3);
    expect(id).toBe(4);
    expect(logprob).toBeCloseTo(-logSumExp(logits), 12);
    expect(top.map((t) => t.id)).toEqual([1, 3, 2]);
    expect(top[2].logprob).toBeCloseTo(3 - logSumExp(logits), 12);
    expect(tokenLogprobs(logits, 4, 0).top).toEqual([]);
    expect(tokenLogprobs(logits, 4, 99).top).toHaveLength(5);
  });

  it("refuse what has no logit", () => {
    expect(() => tokenLogprobs(Float32Array.of(1, 2), 2, 0)).toThrow(UsageError);
    expect(() => tokenLogprobs(Float32Array.of(1, 2), 0, -1)).toThrow(/-1 alternatives/);
  });
});
