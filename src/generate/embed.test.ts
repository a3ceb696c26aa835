// Vectors of texts on real architectures: what they are made of, and that nobody beside a text changes a bit of its vector.
import { describe, expect, it } from "vitest";
import { goldenPath } from "../../test/goldens.ts";
import { UnsupportedError, UsageError } from "../errors.ts";
import { buildBatch } from "../model/batch.ts";
import { loadWeights } from "../model/load.ts";
import { openCheckpoint } from "../model/open-checkpoint.ts";
import { logits, transformer } from "../model/transformer.ts";
import type { Ops, Tensor, Weight } from "../ops/ops.ts";
import { createReference } from "../ops/reference/index.ts";
import { createWasm } from "../ops/wasm/index.ts";
import { createRng } from "../tensor/rng.ts";
import { type EmbedOptions, embed } from "./embed.ts";
import { createEngine, type Engine } from "./engine.ts";

interface Opened {
  engine: Engine;
  /** Tokens of every run of the model so far. */
  steps: number[];
  /** Hidden states of all tokens of a text, run at once: one row each. */
  states(ids: readonly number[]): Promise<Float32Array[]>;
  /** Scores after a hidden state. */
  scores(state: Float32Array): Promise<Float32Array>;
}

async function open(model: string, options: { threads?: number; backend?: "reference"; cacheTokens?: number } = {}): Promise<Opened> {
  const on = async <T extends Tensor, W extends Weight>(ops: Ops<T, W>): Promise<Opened> => {
    const checkpoint = await openCheckpoint(goldenPath(model)!);
    const { config, file } = checkpoint;
    const weights = await loadWeights(ops, checkpoint);
    await file.close();
    const steps: number[] = [];
    const counting: Ops<T, W> = {
      ...ops,
      embed(table, ids) {
        if (table === weights.tokEmbeddings) steps.push(ids.shape[0]);
        return ops.embed(table, ids);
      },
    };
    return {
      engine: createEngine(counting, config, weights, 300, options.cacheTokens ?? 1200),
      steps,
      async states(ids) {
        const all = await ops.scope(() => ops.read(transformer(ops, config, weights, buildBatch(ops, config, [{ ids, start: 0 }]))));
        return ids.map((_, i) => all.slice(i * config.dim, (i + 1) * config.dim));
      },
      scores: (state) => ops.scope(() => ops.read(logits(ops, config, weights, ops.input(state, [1, config.dim])))),
    };
  };
  return options.backend ? on(createReference()) : on(await createWasm({ threads: options.threads }));
}

const someIds = (seed: number, count: number): number[] => {
  const rng = createRng(seed);
  return Array.from({ length: count }, () => rng.integer(96));
};

const vector = async (engine: Engine, ids: readonly number[], options?: EmbedOptions): Promise<Float32Array> =>
  (await embed(engine, [ids], { normalize: false, ...options })).embeddings[0];

const length = (values: Float32Array): number => Math.hypot(...values);

const quantised = "quant/models/tiny64-Q8_0.gguf";

describe.each(["models/llama32", "models/llama-dynamic-ntk", quantised])("%s", (model) => {
  const test = it.skipIf(!goldenPath(model));
  const texts = [someIds(1, 5), someIds(2, 200), someIds(3, 1), someIds(4, 31), someIds(5, 33), someIds(1, 5)];

  test("pools the hidden states of a text", async () => {
    const { engine, states, scores } = await open(model);
    for (const ids of texts) {
      const rows = await states(ids);
      expect(await vector(engine, ids, { pooling: "cls" })).toEqual(rows[0]);
      const last = await vector(engine, ids, { pooling: "last" });
      expect(last).toEqual(rows.at(-1));
      expect(await scores(last)).toEqual(await engine.logits(ids, [ids.length - 1]));
      const mean = rows[0].map((_, i) => rows.reduce((sum, row) => sum + row[i], 0) / rows.length);
      expect(await vector(engine, ids, { pooling: "mean" })).toEqual(mean);
    }
  });

  test("gives a text the bits that it has alone, among others, in a cache that is too small, on any number of threads", async () => {
    const alone: Float32Array[] = [];
    const { engine } = await open(model);
    for (const ids of texts) alone.push(await vector(engine, ids));
    for (const options of [{}, { threads: 1 }, { threads: 3 }, { cacheTokens: 300 }]) {
      const { engine } = await open(model, options);
      const [{ embeddings, promptTokens }] = await Promise.all([
        embed(engine, texts, { normalize: false }),
        engine.begin(someIds(9, 50), 60),
        engine.logProbs(someIds(8, 40)),
      ]);
      expect(embeddings).toEqual(alone);
      expect(promptTokens).toBe(texts.reduce((sum, ids) => sum + ids.length, 0));
    }
  });
});

it("the reference agrees", async () => {
  const ids = someIds(1, 20);
  const expected = await vector((await open("models/llama32", { backend: "reference" })).engine, ids);
  expect(await vector((await open("models/llama32")).engine, ids)).toBeWithin(1e-5, expected);
});

describe("with llama32", () => {
  it("runs short texts together, and of a text again only what its pooling reads", async () => {
    const { engine, steps } = await open("models/llama32");
    await embed(engine, [someIds(1, 30), someIds(2, 40), someIds(3, 50)]);
    expect(steps).toEqual([120]);
    steps.length = 0;
    await embed(engine, [someIds(3, 50)], { pooling: "last" });
    expect(steps).toEqual([1]);
    await embed(engine, [someIds(3, 50)], { pooling: "mean" });
    expect(steps).toEqual([1, 50]);
  });

  it("normalises, after it has cut", async () => {
    const { engine } = await open("models/llama32");
    const ids = someIds(1, 30);
    const plain = await vector(engine, ids);
    const { dim } = engine.config;
    expect(plain).toHaveLength(dim);
    for (const dimensions of [dim, dim / 2, 3]) {
      const { embeddings } = await embed(engine, [ids], { dimensions });
      const cut = plain.slice(0, dimensions);
      expect(embeddings[0]).toBeWithin(
        1e-6,
        cut.map((x) => x / length(cut)),
      );
      expect(length(embeddings[0])).toBeCloseTo(1, 6);
      expect(embeddings[0].buffer.byteLength).toBe(4 * dimensions); // nothing that was cut off is kept
      expect(await vector(engine, ids, { dimensions })).toEqual(cut);
    }
  });

  it("takes thousands of texts, in order", async () => {
    const { engine } = await open("models/llama32");
    const texts = Array.from({ length: 2000 }, (_, i) => [i % 96]);
    const { embeddings } = await embed(engine, texts);
    expect(embeddings).toHaveLength(2000);
    for (let i = 96; i < 2000; i += 101) expect(embeddings[i]).toEqual(embeddings[i % 96]);
    expect(embeddings[1]).not.toEqual(embeddings[2]);
  });

  it("stops when the signal says so, and leaves nothing behind", async () => {
    const { engine, steps } = await open("models/llama32");
    const controller = new AbortController();
    const stopped = embed(
      engine,
      Array.from({ length: 500 }, (_, i) => someIds(i, 100)),
      { signal: controller.signal },
    );
    const outcome = expect(stopped).rejects.toThrow("enough");
    const other = vector(engine, someIds(7, 40));
    await other;
    controller.abort(new Error("enough"));
    await outcome;
    expect(steps.length).toBeLessThan(100);
    const count = steps.length;
    expect(await vector(engine, someIds(7, 40))).toEqual(await other);
    expect(steps.length).toBe(count + 1); // no text of the stopped call runs on
    await expect(embed(engine, [[1]], { signal: controller.signal })).rejects.toThrow("enough");
  });

  it("pools as the file says, and refuses what it does not do", async () => {
    const { engine } = await open("models/llama32");
    const ids = someIds(1, 30);
    const trained = (pooling: Engine["config"]["pooling"]): Engine => ({ ...engine, config: { ...engine.config, pooling } });
    expect(await vector(trained("last"), ids)).toEqual(await vector(engine, ids, { pooling: "last" }));
    expect(await vector(trained("last"), ids, { pooling: "mean" })).toEqual(await vector(engine, ids));
    await expect(vector(trained("rank"), ids)).rejects.toThrow(UnsupportedError);
  });

  it.each<[string, readonly (readonly number[])[], EmbedOptions, RegExp]>([
    ["a text without tokens", [[1], []], {}, /text 2 of 2 is empty/],
    ["a text that is too long", [[1], someIds(1, 301), [2]], {}, /text 2 of 3 has 301 tokens, the context holds 300: shorten it/],
    ["the only text, too long", [someIds(1, 301)], {}, /^the text has 301 tokens/],
    ["an id outside the vocabulary", [[1], [1000]], {}, /token id 1000 is outside the vocabulary/],
    ["no dimensions", [[1]], { dimensions: 0 }, /dimensions is 0, expected a whole number from 1 to \d+, the width of the model/],
    ["more dimensions than there are", [[1]], { dimensions: 100_000 }, /dimensions is 100000/],
    ["half a dimension", [[1]], { dimensions: 1.5 }, /dimensions is 1.5/],
    ["a pooling that is none", [[1]], { pooling: "max" as "mean" }, /pooling is "max", expected "mean", "cls" or "last"/],
    ["an option by a name that every object has", [[1]], { constructor: "mean" } as unknown as EmbedOptions, /no option "constructor"/],
    ["a mistyped option", [[1]], { poling: "mean" } as EmbedOptions, /did you mean "pooling"/],
  ])("refuses %s", async (_what, texts, options, message) => {
    const { engine } = await open("models/llama32");
    const refused = embed(engine, texts, options);
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toThrow(UsageError);
  });
});
