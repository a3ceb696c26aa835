import { describe, expect, it } from "vitest";
import { InternalError, UsageError } from "../errors.ts";
import { createRng, type Rng } from "../tensor/rng.ts";
import { sample } from "./sampler.ts";
import { resolveSampling, type SamplingOptions } from "./sampling-options.ts";

/** Every token, at its own probability. */
const plain: SamplingOptions = { temperature: 1, topK: 0, topP: 1, minP: 0 };
const logitsOf = (...weights: number[]): Float32Array => Float32Array.from(weights, Math.log);

function draws(count: number, logits: Float32Array, options: SamplingOptions, history: number[] = []): number[] {
  const sampling = resolveSampling({ seed: 7, ...options });
  const rng = createRng(sampling.seed);
  return Array.from({ length: count }, () => sample(logits, history, sampling, rng).id);
}

/** Pearson's statistic of the counts against the probabilities; infinite when an impossible id was drawn. */
function chiSquare(ids: number[], probabilities: number[]): number {
  const counts = probabilities.map(() => 0);
  for (const id of ids) counts[id]++;
  const term = (p: number, i: number): number => (p === 0 && counts[i] === 0 ? 0 : (counts[i] - p * ids.length) ** 2 / (p * ids.length));
  return probabilities.map(term).reduce((a, b) => a + b);
}

describe("a hundred thousand draws", () => {
  // The 0.999 quantile of chi-square is 20.5 with five degrees of freedom, 13.8 with two.
  const weights = [0.03, 0.25, 0.07, 0.4, 0.05, 0.2];

  it("follow the model's probabilities", () => {
    expect(chiSquare(draws(1e5, logitsOf(...weights), plain), weights)).toBeLessThan(20.5);
  });

  it("follow the temperature", () => {
    const hot = weights.map((p) => p ** (1 / 1.7));
    const sum = hot.reduce((a, b) => a + b);
    const ids = draws(1e5, logitsOf(...weights), { ...plain, temperature: 1.7 });
    expect(
      chiSquare(
        ids,
        hot.map((p) => p / sum),
      ),
    ).toBeLessThan(20.5);
    expect(chiSquare(ids, weights)).toBeGreaterThan(1000); // the test can tell
  });

  it("share what a cut leaves in proportion", () => {
    const ids = draws(1e5, logitsOf(...weights), { ...plain, topK: 3 });
    expect(chiSquare(ids, [0, 0.25 / 0.85, 0, 0.4 / 0.85, 0, 0.2 / 0.85])).toBeLessThan(13.8);
  });
});

describe("the chain", () => {
  it("cuts by the model's probabilities and heats afterwards", () => {
    // Heated first, 0.9 would fall to 0.35 and top-p 0.8 would keep three tokens.
    expect(new Set(draws(200, logitsOf(0.9, 0.06, 0.04), { ...plain, temperature: 50, topP: 0.8 }))).toEqual(new Set([0]));
  });

  it("cuts after the penalties", () => {
    expect(new Set(draws(200, logitsOf(0.6, 0.3, 0.1), { ...plain, topK: 1, presencePenalty: 2 }, [0]))).toEqual(new Set([1]));
  });

  it("gives the same ids to the same seed, and others to another", () => {
    const logits = Float32Array.from({ length: 500 }, (_, i) => Math.sin(i));
    expect(draws(50, logits, { seed: 3 })).toEqual(draws(50, logits, { seed: 3 }));
    expect(draws(50, logits, { seed: 3 })).not.toEqual(draws(50, logits, { seed: 4 }));
  });

  it("takes one number from the generator a draw, whatever the options", () => {
    let taken = 0;
    const rng: Rng = {
      ...createRng(1),
      uniform: () => {
        taken++;
        return 0.5;
      },
    };
    for (const options of [plain, {}, { typicalP: 0.5 }, { mirostat: { tau: 3, eta: 0.1 } }])
      sample(logitsOf(1, 2, 3), [], resolveSampling(options), rng);
    expect(taken).toBe(4);
    sample(logitsOf(1, 2, 3), [], resolveSampling({ temperature: 0 }), rng);
    expect(taken).toBe(4);
  });

  it("leaves the logits as they are", () => {
    const logits = logitsOf(0.5, 0.3, 0.2);
    sample(logits, [0, 1], resolveSampling({ logitBias: { 2: 5 }, repetitionPenalty: 2 }), createRng(1));
    expect(logits).toEqual(logitsOf(0.5, 0.3, 0.2));
  });

  it("draws the last possible token, not a forbidden one, when the generator gives its largest number", () => {
    const rng: Rng = { ...createRng(1), uniform: () => 1 - 2 ** -53 };
    const logits = Float32Array.from([...Array(1000).fill(0.1), -Infinity]);
    expect(sample(logits, [], resolveSampling(plain), rng).id).toBe(999);
  });
});

describe("greedy", () => {
  it("takes the likeliest, the lowest id of equals, with no chance in it", () => {
    expect(draws(3, Float32Array.of(1, 4, -2, 4), { temperature: 0 })).toEqual([1, 1, 1]);
  });

  it("is what the coldest temperatures come to", () => {
    for (const temperature of [1e-3, 1e-300, Number.MIN_VALUE])
      expect(draws(3, Float32Array.of(90, 100, -Infinity, 99), { ...plain, temperature })).toEqual([1, 1, 1]);
  });

  it("is what the narrowest cuts come to", () => {
    expect(draws(20, Float32Array.of(1, 4, -2, 4), { ...plain, topP: 0 })).toEqual(Array(20).fill(1));
    expect(draws(20, logitsOf(0.97, 0.03), { ...plain, typicalP: 0 })).toEqual(Array(20).fill(0));
  });

  it("hears the penalties and the bias", () => {
    expect(draws(1, Float32Array.of(1, 4, 3), { temperature: 0, repetitionPenalty: 2 }, [1])).toEqual([2]);
    expect(draws(1, Float32Array.of(1, 4, 3), { temperature: 0, logitBias: { 1: -Infinity, 0: 2.5 } })).toEqual([0]);
  });
});

describe("penalties", () => {
  // Read through the probability of a greedy race: token 1 has the logit that token 0 must fall below or stay above.
  const wins = (logit: number, rival: number, history: number[], options: SamplingOptions): boolean =>
    draws(1, Float32Array.of(logit, rival), { temperature: 0, ...options }, history)[0] === 0;

  it("divide positive logits and multiply negative ones", () => {
    expect(wins(3, 2.01, [0], { repetitionPenalty: 1.5 })).toBe(false);
    expect(wins(3, 1.99, [0], { repetitionPenalty: 1.5 })).toBe(true);
    expect(wins(-2, -2.99, [0], { repetitionPenalty: 1.5 })).toBe(false);
    expect(wins(-2, -3.01, [0], { repetitionPenalty: 1.5 })).toBe(true);
  });

  it("take the frequency penalty for each occurrence and the presence penalty once", () => {
    const options = { frequencyPenalty: 0.5, presencePenalty: 1 }; // three times 0.5 and 1 from 5 leaves 2.5
    expect(wins(5, 2.51, [0, 0, 0], options)).toBe(false);
    expect(wins(5, 2.49, [0, 0, 0], options)).toBe(true);
  });

  it("look back no further than the window", () => {
    expect(wins(5, 4.9, [0, 7, 7, 7], { presencePenalty: 1, repetitionWindow: 3 })).toBe(true);
    expect(wins(5, 4.9, [0, 7, 7, 7], { presencePenalty: 1, repetitionWindow: 4 })).toBe(false);
    expect(wins(5, 4.9, [0, ...Array(99).fill(7)], { presencePenalty: 1 })).toBe(true); // 64 by default
    expect(wins(5, 4.9, [0, ...Array(99).fill(7)], { presencePenalty: 1, repetitionWindow: Infinity })).toBe(false);
  });
});

describe("mirostat", () => {
  it.each([3.5, 5, 7])("settles the surprise of a Zipf text at %d bits", (tau) => {
    const weights = Array.from({ length: 5000 }, (_, i) => 1 / (i + 1)); // entropy 8.9 bits; the likeliest has 3.2, so tau cannot go below
    const total = weights.reduce((a, b) => a + b);
    const sampling = resolveSampling({ temperature: 1, mirostat: { tau, eta: 0.1 }, seed: 5 });
    const rng = createRng(sampling.seed);
    const logits = logitsOf(...weights);
    let mu: number | undefined;
    let bits = 0;
    for (let i = 0; i < 2200; i++) {
      const drawn = sample(logits, [], sampling, rng, mu);
      mu = drawn.mu;
      if (i >= 200) bits -= Math.log2(weights[drawn.id] / total);
    }
    expect([bits / 2000]).toBeWithin(0.05, [tau]);
  });

  it("lowers mu after a surprise by the rate times the error, and starts at twice tau", () => {
    const sampling = resolveSampling({ temperature: 1, mirostat: { tau: 1, eta: 0.5 } });
    // Two tokens of 3 bits lie beyond 2 tau = 2 bits: only the first, of 0.415 bits, can be drawn.
    const drawn = sample(logitsOf(0.75, 0.125, 0.125), [], sampling, createRng(1));
    expect(drawn.id).toBe(0);
    expect(drawn.mu).toBeCloseTo(2 - 0.5 * (-Math.log2(0.75) - 1), 6);
  });

  it("keeps the likeliest token, however small mu is", () => {
    const sampling = resolveSampling({ temperature: 1, mirostat: { tau: 0.1, eta: 0.1 } });
    expect(sample(logitsOf(0.2, 0.5, 0.3), [], sampling, createRng(1), -4).id).toBe(1);
  });
});

describe("broken logits", () => {
  it.each([
    [Float32Array.of(0, Number.NaN, 1), /token 1 is NaN/],
    [Float32Array.of(0, 1, Infinity), /token 2 is Infinity/],
    [Float32Array.of(-Infinity, -Infinity), /all 2 logits are -Infinity/],
  ])("are named: %s", (logits, message) => {
    for (const options of [{ temperature: 0 }, {}, { mirostat: { tau: 3, eta: 0.1 } }]) {
      const attempt = (): unknown => sample(logits, [], resolveSampling(options), createRng(1));
      expect(attempt).toThrow(InternalError);
      expect(attempt).toThrow(message);
    }
  });

  it("are the caller's mistake where a bias forbids every token", () => {
    const sampling = resolveSampling({ logitBias: { 0: Number.NEGATIVE_INFINITY, 1: Number.NEGATIVE_INFINITY } });
    expect(() => sample(Float32Array.of(1, 2), [], sampling, createRng(1))).toThrow(UsageError);
  });
});

describe("options", () => {
  it.each<[SamplingOptions, RegExp | string]>([
    [{ temperature: -1 }, /temperature is -1: expected a number from 0/],
    [{ temperature: Number.NaN }, /temperature is NaN/],
    [{ topK: 1.5 }, /topK is 1.5: expected an integer from 0/],
    [{ topP: -0.1 }, /topP is -0.1: expected a number from 0 to 1/],
    [{ topP: 1.01 }, /topP is 1.01/],
    [{ minP: -0.1 }, /minP is -0.1: expected a number from 0 to 1/],
    [{ typicalP: Number.NaN }, /typicalP is NaN/],
    [{ repetitionPenalty: 0 }, /repetitionPenalty is 0/],
    [{ repetitionWindow: -1 }, /repetitionWindow is -1/],
    [{ frequencyPenalty: Infinity }, /frequencyPenalty is Infinity/],
    [{ logitBias: { 3: Number.NaN } }, /logitBias of token 3 is NaN/],
    ...["the", "", "0x10", "-1", "1e2"].map((id): [SamplingOptions, string] => [
      { logitBias: JSON.parse(`{"${id}": 1}`) },
      `logitBias is for "${id}": expected token ids, in digits, as keys`,
    ]),
    [{ mirostat: { tau: 0, eta: 0.1 } }, /mirostat.tau is 0/],
    [{ mirostat: { tau: 5, eta: 2 } }, /mirostat.eta is 2/],
    [{ mirostat: { tau: 5, eta: 0.1 }, topK: 40 }, /topK was given with mirostat/],
    [{ seed: 0.5 }, /seed is 0.5: expected an integer/],
  ])("outside their range are refused: %j", (options, message) => {
    expect(() => resolveSampling(options)).toThrow(UsageError);
    expect(() => resolveSampling(options)).toThrow(message);
  });

  it("name a biased token that the vocabulary does not have", () => {
    expect(() => draws(1, logitsOf(1, 1), { logitBias: { 2: 1 } })).toThrow(/token 2: the vocabulary has 2/);
  });

  it("tell the seed that the platform chose", () => {
    const { seed } = resolveSampling();
    expect(Number.isInteger(seed)).toBe(true);
    expect(resolveSampling().seed).not.toBe(seed); // equal once in 2^32 runs
  });
});
