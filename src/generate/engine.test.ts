// Texts that run together, share pages, are forked, preempted and stopped, on real architectures: whatever happens around a text, its scores are those
// that it gets alone in an engine of its own, bit for bit.
import { describe, expect, it } from "vitest";
import { goldenPath } from "../../test/goldens.ts";
import { UsageError } from "../errors.ts";
import { buildBatch } from "../model/batch.ts";
import { loadWeights } from "../model/load.ts";
import { openCheckpoint } from "../model/open-checkpoint.ts";
import { logits, transformer } from "../model/transformer.ts";
import type { Ops, Tensor, Weight } from "../ops/ops.ts";
import { createReference } from "../ops/reference/index.ts";
import { createWasm } from "../ops/wasm/index.ts";
import { createRng } from "../tensor/rng.ts";
import { createEngine, type Engine, type Sequence } from "./engine.ts";
import { turn } from "./turn.ts";

/** One for each way of knowing positions, windows and shared heads. */
const models = ["llama32", "gemma2", "gpt2", "bloom", "falcon-gqa", "llama-dynamic-ntk"];

interface Counted {
  engine: Engine;
  /** Tokens of every run of the model so far. */
  steps: number[];
  /** Rows of scores so far. */
  rows: () => number;
}

async function open(model: string, contextLength = 100, cacheTokens?: number, backend: "wasm" | "reference" = "wasm"): Promise<Counted> {
  const on = async <T extends Tensor, W extends Weight>(ops: Ops<T, W>): Promise<Counted> => {
    const checkpoint = await openCheckpoint(goldenPath(`models/${model}`)!);
    const { config } = checkpoint;
    const weights = await loadWeights(ops, checkpoint);
    await checkpoint.file.close();
    const steps: number[] = [];
    let rows = 0;
    const counting: Ops<T, W> = {
      ...ops,
      embed(table, ids) {
        if (table === weights.tokEmbeddings) steps.push(ids.shape[0]);
        return ops.embed(table, ids);
      },
      linear(x, w, bias) {
        if (w === (weights.output ?? weights.tokEmbeddings)) rows += x.shape[0];
        return ops.linear(x, w, bias);
      },
    };
    return { engine: createEngine(counting, config, weights, contextLength, cacheTokens), steps, rows: () => rows };
  };
  return backend === "wasm" ? on(await createWasm()) : on(createReference());
}

const someIds = (seed: number, count: number): number[] => {
  const rng = createRng(seed);
  return Array.from({ length: count }, () => rng.integer(96));
};

const likeliest = (scores: Float32Array): number => scores.indexOf(Math.max(...scores));

/** Scores after a prompt and after each of `count` greedy tokens. */
async function story(engine: Engine, prompt: readonly number[], count: number): Promise<Float32Array[]> {
  const sequence = await engine.begin(prompt, prompt.length + count);
  const all = await goOn(sequence, count);
  sequence.release();
  return all;
}

/** Equal, bit for bit; a difference is shown as its place. */
function expectBits(actual: readonly Float32Array[], expected: readonly Float32Array[]): void {
  expect(actual).toHaveLength(expected.length);
  const differ = actual.flatMap((row, i) => {
    const bits = [row, expected[i]].map((values) => new Uint32Array(values.slice().buffer));
    const at = bits[0].findIndex((word, j) => word !== bits[1][j]);
    return bits[0].length !== bits[1].length || at >= 0 ? [`score ${at} of row ${i}: ${row[at]}, expected ${expected[i][at]}`] : [];
  });
  expect(differ).toEqual([]);
}

async function goOn(sequence: Sequence, count: number): Promise<Float32Array[]> {
  const all = [sequence.scores];
  while (all.length <= count) {
    await sequence.append(likeliest(sequence.scores));
    all.push(sequence.scores);
  }
  return all;
}

/** The same, with nothing around it. */
async function alone(model: string, prompt: readonly number[], count: number, backend?: "reference"): Promise<Float32Array[]> {
  const { engine } = await open(model, 100, undefined, backend);
  return story(engine, prompt, count);
}

describe.each(models)("%s", (model) => {
  const test = it.skipIf(!goldenPath(`models/${model}`));
  const prompts = [someIds(1, 5), someIds(2, 40), someIds(3, 1), someIds(4, 31), someIds(5, 33)];

  test("scores many texts at once as it scores each alone", async () => {
    const { engine } = await open(model, 100, 500);
    const together = await Promise.all(prompts.map((prompt) => story(engine, prompt, 12)));
    for (const [i, prompt] of prompts.entries()) expectBits(together[i], await alone(model, prompt, 12));
  });

  test("serves more texts than its cache holds, with the same bits", async () => {
    const { engine, steps } = await open(model, 64, 96); // three pages: texts that start beside each other soon have no room
    const long = [27, 30, 29, 31].map((length) => someIds(length, length));
    const together = await Promise.all(long.map((prompt) => story(engine, prompt, 20)));
    for (const [i, prompt] of long.entries()) expectBits(together[i], await alone(model, prompt, 20));
    const once = long.reduce((sum, { length }) => sum + length + 20, 0);
    expect(steps.reduce((sum, tokens) => sum + tokens, 0)).toBeGreaterThan(once); // some ran again
  });

  test("goes on from what an earlier text has in common, with the same bits", async () => {
    const { engine, steps } = await open(model);
    const [prompt] = [someIds(6, 50)];
    await story(engine, prompt, 3);
    for (const common of [50, 49, 45, 32, 20]) {
      const other = [...prompt.slice(0, common), ...someIds(common, 8)];
      steps.length = 0;
      const again = await story(engine, other, 4);
      // Dynamic NTK: the prompt is longer than what the model was trained for, so another length is another text.
      if (model !== "llama-dynamic-ntk") expect(steps[0]).toBe(8);
      expectBits(again, await alone(model, other, 4));
    }
  });

  test("forks a text into several that go their own ways", async () => {
    const { engine, steps } = await open(model, 100, 300);
    const prompt = someIds(7, 43);
    const first = await engine.begin(prompt, 60);
    const forks = [first, first.fork(), first.fork()];
    steps.length = 0;
    await Promise.all(forks.map((fork, i) => fork.append(i)));
    expect(steps).toEqual([3]);
    const [ended] = forks.splice(0, 1);
    ended.release();
    forks.push(forks[0].fork());
    await forks[2].append(9);
    const ways = [
      [...prompt, 1],
      [...prompt, 2],
      [...prompt, 1, 9],
    ];
    for (const [i, fork] of forks.entries()) {
      const expected = await begunAs(model, prompt, ways[i].slice(prompt.length));
      expectBits(await goOn(fork, 5), await goOn(expected, 5));
    }
  });
});

/** A sequence in an engine of its own. */
async function begunAs(model: string, prompt: readonly number[], then: readonly number[]): Promise<Sequence> {
  const { engine } = await open(model);
  const sequence = await engine.begin(prompt, 100);
  for (const id of then) await sequence.append(id);
  return sequence;
}

it("the reference scores texts together, and in too small a cache, as alone", async () => {
  const prompts = [someIds(1, 5), someIds(2, 40), someIds(3, 20)];
  const { engine } = await open("llama32", 64, 64, "reference");
  const together = await Promise.all(prompts.map((prompt) => story(engine, prompt, 6)));
  for (const [i, prompt] of prompts.entries()) expectBits(together[i], await alone("llama32", prompt, 6, "reference"));
});

describe("a step", () => {
  it("runs eight texts in as many runs of the model as one", async () => {
    const { engine, steps } = await open("llama32", 100, 800);
    const prompts = Array.from({ length: 8 }, (_, i) => someIds(i, 3 + i));
    await Promise.all(prompts.map((prompt) => story(engine, prompt, 20)));
    expect(steps).toEqual([8 * 3 + 28, ...Array(20).fill(8)]);
  });

  it("never holds up a text that is being continued for a long prompt", async () => {
    const { engine, steps } = await open("llama32", 2000, 4000);
    const short = await engine.begin([1], 50);
    steps.length = 0;
    const long = story(engine, someIds(1, 1500), 0);
    const others = [story(engine, someIds(2, 1), 8), goOn(short, 8)];
    await Promise.all(others);
    expect(steps).toHaveLength(9);
    expect(Math.max(...steps)).toBeLessThan(150);
    await long;
  });

  it("computes scores for the rows that are read, and for no others", async () => {
    const { engine, rows } = await open("llama32", 300, 600);
    await Promise.all([engine.begin(someIds(1, 200), 200), engine.logits(someIds(2, 200), [3, 150, 150, 199]), engine.logits([1], [])]);
    expect(rows()).toBe(5);
    await engine.logProbs(someIds(3, 130));
    expect(rows()).toBe(5 + 129);
  });
});

it("log-probabilities of a long text beside others are those of all its tokens at once", async () => {
  const ids = someIds(1, 300);
  const ops = await createWasm();
  const checkpoint = await openCheckpoint(goldenPath("models/llama32")!);
  const weights = await loadWeights(ops, checkpoint);
  const { config, file } = checkpoint;
  await file.close();
  const expected = await ops.scope(() => {
    const scores = logits(ops, config, weights, transformer(ops, config, weights, buildBatch(ops, config, [{ ids, start: 0 }])));
    return ops.read(ops.logProbs(scores, ops.input(Int32Array.from([...ids.slice(1), -1]))));
  });
  const engine = createEngine(ops, config, weights, 300, 400);
  const [scored] = await Promise.all([engine.logProbs(ids), story(engine, someIds(2, 20), 10), engine.logProbs(someIds(3, 40))]);
  expectBits([scored, await engine.logProbs(ids)], [expected.slice(0, -1), scored]);
});

describe("a mistake hurts nobody else", () => {
  it.each<[string, (engine: Engine) => Promise<unknown>, RegExp]>([
    ["an id outside the vocabulary", (engine) => engine.begin([1, 1000], 50), /token id 1000 is outside the vocabulary/],
    ["no tokens", (engine) => engine.begin([], 50), /no tokens to run/],
    ["more than the context holds", (engine) => engine.begin([1], 101), /101 tokens were asked for, the context holds 100/],
    ["a text longer than the context", (engine) => engine.logProbs(someIds(1, 101)), /101 tokens .* holds 100/],
    [
      "an id outside the vocabulary, later",
      async (engine) => (await engine.begin([1], 50)).append(-1),
      /token id -1 is outside the vocabulary/,
    ],
    [
      "more tokens than it was begun for",
      async (engine) => goOn(await engine.begin([1, 2], 4), 9),
      /has the 4 tokens that it was begun for/,
    ],
    [
      "two tokens at once",
      async (engine) => {
        const sequence = await engine.begin([1], 9);
        await Promise.all([sequence.append(1), sequence.append(2)]);
      },
      /runs already/,
    ],
    [
      "a token after the release",
      async (engine) => {
        const sequence = await engine.begin([1], 9);
        sequence.release();
        await sequence.append(1);
      },
      /was released/,
    ],
  ])("%s", async (_what, wrong, message) => {
    const { engine } = await open("llama32");
    const right = story(engine, someIds(1, 20), 10);
    const refused = wrong(engine);
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toThrow(UsageError);
    expectBits(await right, await alone("llama32", someIds(1, 20), 10));
  });

  it("positions that were not learned", async () => {
    const { engine } = await open("gpt2", 1000, 2000);
    const { maxSeqLen } = engine.config;
    const [right, wrong] = [await engine.begin([1], 1000), await engine.begin(someIds(1, maxSeqLen), 1000)];
    await Promise.all([right.append(1), expect(wrong.append(1)).rejects.toThrow(/has learned \d+ positions/)]);
    expect(right.length).toBe(2);
    expect(wrong.length).toBe(maxSeqLen);
  });

  it.each([0, 1, 2, 3, 5])("an abort after %i turns", async (turns) => {
    const { engine } = await open("llama32", 1000, 2000);
    const right = story(engine, someIds(1, 20), 10);
    const controller = new AbortController();
    const stopped = Promise.all([
      expect(engine.logProbs(someIds(2, 900), controller.signal)).rejects.toThrow("stopped"),
      expect(engine.begin(someIds(3, 900), 1000, controller.signal)).rejects.toThrow("stopped"),
    ]);
    for (let i = 0; i < turns; i++) await turn();
    controller.abort(new Error("stopped"));
    await stopped;
    expectBits(await right, await alone("llama32", someIds(1, 20), 10));
  });
});

it("a cache that does not hold one text is refused", async () => {
  await expect(open("llama32", 100, 64)).rejects.toThrow(/cacheTokens is 64, expected a whole number of at least 100/);
  await expect(open("llama32", 100, Number.NaN)).rejects.toThrow(UsageError);
});

describe("dispose", () => {
  it.each([0, 1, 3])("ends what runs and what waits after %i turns, and refuses what comes later", async (turns) => {
    const { engine } = await open("llama32", 1000);
    const sequence = await engine.begin([1, 2, 3], 100);
    const pending: Promise<unknown>[] = [
      engine.begin(someIds(1, 900), 1000),
      engine.logits(someIds(2, 300), [299]),
      engine.logProbs(someIds(2, 300)),
    ];
    if (turns === 0) pending.push(sequence.append(1));
    const outcomes = pending.map((each) => expect(each).rejects.toThrow(new UsageError("the model was disposed of: load it again")));
    for (let i = 0; i < turns; i++) await turn();
    await Promise.all([engine.dispose(), engine.dispose()]);
    await Promise.all(outcomes);
    for (const late of [() => sequence.append(1), async () => sequence.fork(), () => engine.begin([1], 2), () => engine.logits([1], [0])]) {
      await expect(late()).rejects.toThrow(/disposed of/);
    }
    sequence.release();
  });
});
