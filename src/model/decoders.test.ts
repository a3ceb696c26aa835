// Every decoder family gives the numbers that PyTorch gives, from the same files, on every backend: logits, hidden states, loss and greedy ids; alone,
// in a batch, and token by token through a cache. Tolerances are those of the goldens' README for float32, and hold for both backends.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { goldenPath, readGolden } from "../../test/goldens.ts";
import { type Backend, backends, type Decoder, greedy, openDecoder } from "../../test/run-decoder.ts";
import { verifiedBy } from "../../test/support-table.ts";
import type { Json } from "../formats/strict-json.ts";
import { createRng } from "../tensor/rng.ts";
import { configFromHf } from "./hf-config.ts";

const logitTolerance = 1e-4;
const lossTolerance = 2e-5;

const folders = Object.values(verifiedBy).flat();

/** Keeps what a folder's model costs to open; the tests only read it. */
const opened = new Map<string, Promise<Decoder>>();
function open(folder: string, backend: Backend): Promise<Decoder> {
  const key = `${folder} on ${backend}`;
  const found = opened.get(key) ?? openDecoder(goldenPath(`models/${folder}`)!, backend);
  opened.set(key, found);
  return found;
}

const readConfig = (folder: string, name: string): Json => JSON.parse(readFileSync(join(goldenPath(`models/${folder}`)!, name), "utf8"));

it("every golden decoder is tested here", () => {
  const encoders = ["bert", "t5", "t5-v1_0", "bart"];
  const present = readdirSync(goldenPath("models")!).filter((name) => !encoders.includes(name));
  expect(folders).toEqual(expect.arrayContaining(present));
  expect(present).toEqual(expect.arrayContaining(["llama2-gqa", "llama32", "qwen3", "gemma2", "gpt2", "falcon-gqa", "bloom"]));
});

describe.each(folders)("%s", (folder) => {
  const present = goldenPath(`models/${folder}`) !== undefined;
  it.skipIf(!present)("has one configuration in both forms of config.json", () => {
    const published = configFromHf(readConfig(folder, "config.json"), "config.json");
    const v5 = configFromHf(readConfig(folder, "config.v5.json"), "config.v5.json");
    // The published form of Falcon leaves the length out; transformers then takes 2048.
    const expected = folder.startsWith("falcon") ? { ...published, maxSeqLen: 256 } : published;
    expect(v5).toEqual(expected);
  });

  describe.each(backends)("on %s", (backend) => {
    const test = it.skipIf(!present);
    const golden = present && readGolden(`models/${folder}/golden.json`);
    const batch: number[][] = golden.input_ids;
    // The frequencies of dynamic NTK depend on the length of the sequence being run, so pieces of it are another computation.
    const changesWithLength = folder === "llama-dynamic-ntk";

    test("gives the logits, hidden states and loss of transformers", async () => {
      const model = await open(folder, backend);
      const length = batch[0].length;
      const chunks = batch.map((ids) => ({ ids, start: 0 }));
      const { logits, hidden } = await model.run(chunks);
      const tolerance = Math.min(logitTolerance, 10 * golden.logits_f64_max_abs_diff);
      expect(logits).toBeWithin(tolerance, golden.logits);
      const lastOfEach = hidden.map((layer) => batch.map((_, row) => layer[(row + 1) * length - 1]));
      expect(lastOfEach).toBeWithin(10 * golden.hidden_f64_max_abs_diff, golden.hidden_states);
      const labels = batch.flatMap((ids) => [...ids.slice(1), -1]);
      expect(Math.abs((await model.loss(chunks, labels)) - golden.loss)).toBeLessThan(lossTolerance);
    });

    test("decodes greedily to the same ids", async () => {
      const model = await open(folder, backend);
      const { prompt, ids } = golden.greedy;
      expect(await greedy(model, prompt, ids.length, false)).toEqual(ids);
      expect(await greedy(model, prompt, ids.length, true)).toEqual(changesWithLength ? golden.greedy_cached.ids : ids);
    });

    test("gives sequences of different lengths in one batch the bits that each gives alone", async () => {
      const model = await open(folder, backend);
      const sequences = [batch[0], batch[1].slice(0, 7), batch[1].slice(3, 20)].map((ids) => ({ ids, start: 0 }));
      const alone: number[][] = [];
      for (const sequence of sequences) alone.push(...(await model.run([sequence])).logits);
      expect((await model.run(sequences)).logits).toEqual(alone);
    });

    if (changesWithLength) return;
    test("gives the same bits through a cache, token by token and in random chunks", async () => {
      const model = await open(folder, backend);
      const ids = batch[0];
      const whole = (await model.run([{ ids, start: 0 }])).logits;
      const rng = createRng(7);
      for (const next of [() => 1, () => 1 + rng.integer(9)]) {
        const pages = [5, 0, 3, 7, 2, 8, 1, 6, 4, 9].slice(0, Math.ceil(ids.length / 8)); // in no order, as a busy pool hands them out
        const cache = model.cache(10, 8);
        const rows: number[][] = [];
        for (let start = 0; start < ids.length; start = rows.length) {
          rows.push(...(await model.run([{ ids: ids.slice(start, start + next()), start, pages }], cache)).logits);
        }
        expect(rows).toEqual(whole);
      }
    });
  });
});

describe.each(backends)("llama-dynamic-ntk on %s", (backend) => {
  it.skipIf(!goldenPath("models/llama-dynamic-ntk"))("does not scale a sequence within the trained length", async () => {
    const { input_ids, short } = readGolden("models/llama-dynamic-ntk/golden.json");
    const model = await open("llama-dynamic-ntk", backend);
    for (const [row, ids] of input_ids.entries()) {
      const { logits } = await model.run([{ ids: ids.slice(0, short.length), start: 0 }]);
      expect(logits.at(-1)).toBeWithin(logitTolerance, short.last_position_logits[row]);
    }
  });
});

describe.each(backends)("a padded batch on %s", (backend) => {
  const golden = readGolden("models/llama2-gqa/padded.json");
  const real = (row: number, values: number[]): number[] => values.filter((_, i) => golden.attention_mask[row][i] === 1);
  const rows: number[][] = golden.input_ids.map((ids: number[], row: number) => real(row, ids));
  const chunks = rows.map((ids) => ({ ids, start: 0 }));

  it("is the batch of its sequences without the padding", async () => {
    const model = await open("llama2-gqa", backend);
    expect((await model.run(chunks)).logits).toBeWithin(logitTolerance, golden.logits_real_positions.flat());
  });

  it("has the loss of its real positions", async () => {
    // The file's own loss counts two labels more: the first of the padded rows, predicted from padding, whose logits may be anything.
    const model = await open("llama2-gqa", backend);
    const logProb = (logits: number[], label: number): number => {
      const largest = Math.max(...logits);
      return logits[label] - largest - Math.log(logits.reduce((sum, x) => sum + Math.exp(x - largest), 0));
    };
    const expected = rows.flatMap((ids, row) => ids.slice(1).map((label, t) => -logProb(golden.logits_real_positions[row][t], label)));
    const mean = expected.reduce((sum, x) => sum + x, 0) / expected.length;
    const labels = rows.flatMap((ids) => [...ids.slice(1), -1]);
    expect(Math.abs((await model.loss(chunks, labels)) - mean)).toBeLessThan(lossTolerance);
    expect(golden.loss * (expected.length + 2)).toBeGreaterThan(mean * expected.length);
  });
});
