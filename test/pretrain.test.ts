// A run from texts to a model: what it learns is held against what there is to learn, and a run that was ended goes on with the same bits.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { load } from "../src/llama.ts";
import { families } from "../src/model/families.ts";
import { createWasm, enableRelaxedSimd, type WasmOps } from "../src/ops/wasm/index.ts";
import { createRng } from "../src/tensor/rng.ts";
import type { TrainingDocument } from "../src/train/corpus/document.ts";
import { type PretrainOptions, pretrain, type RunEnd } from "../src/train/pretrain.ts";
import type { Recipe } from "../src/train/recipe.ts";
import type { RunEvent } from "../src/train/run-log.ts";

const subjects = ["the cat", "a dog", "the old man", "my sister"];
const verbs = ["sees", "likes", "finds", "follows"];
const objects = ["a ball", "the moon", "some milk", "her shoes"];
/** Of a sentence: three free choices of one in four, and nothing else to know. */
const bitsPerSentence = 6;

async function* sentences(): AsyncGenerator<TrainingDocument> {
  const { integer } = createRng(9);
  for (let i = 0; i < 1200; i++) {
    const content = `${subjects[integer(4)]} ${verbs[integer(4)]} ${objects[integer(4)]}.`;
    yield { content, side: i % 12 === 0 ? "val" : "train" };
  }
}

const recipe: Recipe = {
  name: "sentences",
  documents: sentences,
  tokenizer: { train: { vocabSize: 300 } },
  model: {
    ...families.llama,
    dim: 64,
    nLayers: 2,
    nHeads: 4,
    nKvHeads: 2,
    headDim: 16,
    hiddenDim: 128,
    maxSeqLen: 64,
    positions: { kind: "rope", theta: 10_000 },
    tiedEmbeddings: true,
  },
  batch: { rows: 8, rowLength: 48 },
  length: { steps: 60 },
  schedule: { kind: "cosine", peak: 1e-2, least: 1e-3, warmup: 10 },
  adamW: { beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1 },
  clip: 1,
  validation: { every: 20, rows: 16, rowLength: 48 },
  checkpointEvery: 20,
  samples: ["the cat"],
  seed: 3,
};

let ops: WasmOps;
let folder: string;
beforeAll(async () => {
  enableRelaxedSimd();
  ops = await createWasm({ activations: "f32", threads: 2 });
});
afterAll(() => ops.dispose());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cria-pretrain-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const run = (given: Recipe, name: string, options: Partial<PretrainOptions> = {}): Promise<RunEnd> =>
  pretrain(ops, given, { folder: join(folder, name), machine: { threads: 2, build: "test", peakFlops: async () => 1e9 }, ...options });

const eventsOf = (name: string): RunEvent[] => {
  const path = join(folder, name, "log.jsonl");
  const lines = existsSync(path) ? readFileSync(path, "utf8").trimEnd().split("\n") : [];
  return lines.map((line) => JSON.parse(line));
};

/** What does not depend on the clock. */
interface Measured {
  readonly event: string;
  readonly step: number;
  readonly loss: number;
}
const lossesOf = (name: string): Measured[] =>
  eventsOf(name).flatMap((line) =>
    line.event === "step" || line.event === "validation" ? [{ event: line.event, step: line.step, loss: line.loss }] : [],
  );

const weightsOf = (path: string): Buffer => readFileSync(join(path, "model.safetensors"));

describe("sixty steps", () => {
  it("learn all that is to be learned, and end as a model that says it", async () => {
    const { reason, checkpoint, bitsPerByte } = await run(recipe, "a");
    expect(reason).toBe("finished");
    const mean = (words: readonly string[]): number => words.join("").length / words.length;
    const bytes = mean(subjects) + mean(verbs) + mean(objects) + 3; // two spaces and a full stop
    expect(bitsPerByte).toBeLessThan(1.15 * (bitsPerSentence / bytes));
    expect(bitsPerByte).toBeGreaterThan(0.95 * (bitsPerSentence / bytes));

    const samples = eventsOf("a").flatMap((event) => (event.event === "sample" ? [event.text] : []));
    expect(samples.at(-1)).toMatch(new RegExp(`^ (${verbs.join("|")}) (${objects.join("|")})\\.$`));

    await using llama = await load(checkpoint!, { threads: 1 });
    let text = "";
    for await (const piece of llama.generate("my sister", { temperature: 0, maxTokens: 20 })) text += piece.text;
    expect(text).toMatch(new RegExp(`^ (${verbs.join("|")}) (${objects.join("|")})\\.$`));
  });

  it("give the same in parts as at once, but for rounding", async () => {
    const short: Recipe = { ...recipe, length: { steps: 12 } };
    const [whole, parts] = [await run(short, "whole"), await run({ ...short, batch: { ...recipe.batch, parts: 4 } }, "parts")];
    expect(parts.bitsPerByte).toBeCloseTo(whole.bitsPerByte!, 3);
  });
});

describe("a run that was ended", () => {
  const short: Recipe = { ...recipe, length: { steps: 20 }, checkpointEvery: 5, samples: [] };
  const { validation } = short;

  it("goes on with the same bits", async () => {
    const straight = await run(short, "straight");
    await run(short, "halves", { until: 10 });
    const resumed = await run(short, "halves");
    expect(weightsOf(resumed.checkpoint!)).toEqual(weightsOf(straight.checkpoint!));
    // Where it was ended it was measured besides.
    const more = (all: readonly Measured[]): Measured[] =>
      all.filter(({ event, step }) => event === "step" || step % validation.every === 0);
    expect(more(lossesOf("halves"))).toEqual(lossesOf("straight"));
  });

  it("ends behind its step when the signal says so, with a checkpoint", async () => {
    const controller = new AbortController();
    const onEvent = (event: RunEvent): void => {
      if (event.event === "step" && event.step === 7) controller.abort(new Error("enough"));
    };
    const { reason, step, checkpoint } = await run(short, "aborted", { signal: controller.signal, onEvent });
    expect({ reason, step, checkpoint }).toEqual({
      reason: "interrupted",
      step: 7,
      checkpoint: join(folder, "aborted/checkpoints/step-000007"),
    });
  });

  it("keeps as many checkpoints as are wanted, and nothing half", async () => {
    await run(short, "kept", { keep: 2 });
    expect(await readdir(join(folder, "kept/checkpoints"))).toEqual(["step-000015", "step-000020"]);
  });

  it("is not mixed with another recipe", async () => {
    await run(short, "mixed", { until: 5 });
    await expect(run({ ...short, clip: 2 }, "mixed")).rejects.toThrow(/another recipe: its clip is 1, now it is 2: choose another --out/);
  });

  it("is not trained by two processes at once, and goes on where one was killed", async () => {
    const sleeper = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    await run(short, "locked", { until: 5 });
    const lock = join(folder, "locked/.lock");
    await writeFile(lock, `${sleeper.pid} ${hostname()}\n`);
    await expect(run(short, "locked")).rejects.toThrow(`another run (process ${sleeper.pid} ${hostname()}) trains in this folder`);
    sleeper.kill("SIGKILL");
    await once(sleeper, "exit");
    expect((await run(short, "locked", { until: 10 })).step).toBe(10);
    expect(existsSync(lock)).toBe(false);
  });

  it("is not begun twice in one process, and not where it may run on another machine", async () => {
    const first = run(short, "twice", { until: 5 });
    await expect(run(short, "twice")).rejects.toThrow(/another run .* trains in this folder/);
    await first;
    await writeFile(join(folder, "twice/.lock"), "1 elsewhere\n");
    await expect(run(short, "twice")).rejects.toThrow("another run (process 1 elsewhere) trains in this folder");
  });

  it("is not begun with a sample that the model cannot hold", async () => {
    const wordy = { ...short, samples: ["the cat ".repeat(60)] };
    await expect(run(wordy, "wordy")).rejects.toThrow(/the sample "the cat .*" of the recipe has \d+ tokens, expected 1 to 63/);
  });

  it("does not touch a folder with other things, though they have a recipe", async () => {
    const cake = join(folder, "cake");
    mkdirSync(cake);
    await writeFile(join(cake, "recipe.json"), '{ "flour": 500 }');
    await writeFile(join(cake, "photo.jpg"), "");
    await expect(run(short, "cake")).rejects.toThrow(/holds other files, such as photo.jpg/);
    expect(readdirSync(cake).sort()).toEqual(["photo.jpg", "recipe.json"]);
  });

  it("does not touch a folder with other things", async () => {
    await writeFile(join(folder, "thesis.doc"), "");
    await expect(pretrain(ops, short, { folder, machine: { threads: 1, build: "", peakFlops: async () => 1e9 } })).rejects.toThrow(
      /holds other files, such as thesis.doc/,
    );
  });
});

describe("a batch that does not fit in memory", () => {
  it("is refused before the first step, with the parts in which it would fit", async () => {
    const vast: Recipe = { ...recipe, batch: { rows: 2 ** 15, rowLength: 48 } };
    await expect(run(vast, "vast")).rejects.toThrow(
      /a step of 1572864 tokens needs about [\d.]+ GiB of memory.*: compute it in \d+ parts \(--parts \d+\)/,
    );
    expect(eventsOf("vast")).toEqual([]);
  });
});

describe("bad data", () => {
  it.each<[string, TrainingDocument[], RegExp]>([
    [
      "nothing to measure with",
      [{ content: "only this ".repeat(20), side: "train" }],
      /the data has nothing to measure with: give more documents, or keep more of them apart/,
    ],
    [
      "less than a row",
      [
        { content: "only this", side: "train" },
        { content: "and that", side: "val" },
      ],
      /tokens to learn from, a row takes 49: give more data or shorter rows/,
    ],
  ])("is refused: %s", async (_name, documents, message) => {
    const few: Recipe = {
      ...recipe,
      length: { steps: 1 },
      tokenizer: { train: { vocabSize: 258 } },
      documents: async function* () {
        yield* documents;
      },
    };
    await expect(run(few, "few")).rejects.toThrow(message);
    // With more data the same command goes on.
    expect((await run({ ...few, documents: sentences }, "few")).step).toBe(1);
  });

  it.each<[string, () => AsyncIterable<TrainingDocument>, RegExp]>([
    [
      "code that fails",
      async function* () {
        yield* [];
        throw new TypeError("no such column");
      },
      /the documents of the recipe fail: no such column/,
    ],
    [
      "documents that are none",
      async function* () {
        yield "a text" as unknown as TrainingDocument;
      },
      /a document of the recipe is "a text", expected \{ content/,
    ],
  ])("is told as the recipe's own: %s", async (_name, documents, message) => {
    await expect(run({ ...recipe, documents }, "own")).rejects.toThrow(message);
  });
});
