// cria train as a user meets it: every case is a process, and what it leaves behind is opened as a model.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRng } from "../src/tensor/rng.ts";
import { bin, type Home, makeHome, type Outcome, waitFor } from "./run-cli.ts";

let home: Home;
beforeAll(() => {
  home = makeHome();
  const { integer } = createRng(1);
  const words = ["red", "green", "blue", "ships", "trees", "birds", "sing", "sail", "grow"];
  const lines = Array.from({ length: 1500 }, () => Array.from({ length: 6 }, () => words[integer(9)]).join(" "));
  writeFileSync(join(home.folder, "lines.jsonl"), lines.map((text) => `${JSON.stringify({ text })}\n`).join(""));
});
afterAll(() => home[Symbol.dispose]());

/** Small enough for a test, and not what the recipe says. */
const small = "--vocab-size 290 --dim 32 --layers 2 --heads 2 --kv-heads 1 --hidden-dim 64 --rows 4 --row-length 32 --threads 1".split(" ");
const command = (out: string, ...more: string[]): string[] => ["train", "--data", "lines.jsonl", ...small, "--out", out, ...more];
const train = (out: string, ...more: string[]): Promise<Outcome> => home.cria(command(out, ...more));
const log = (out: string): string =>
  existsSync(join(home.folder, out, "log.jsonl")) ? readFileSync(join(home.folder, out, "log.jsonl"), "utf8") : "";
const weights = (out: string, step: number): Buffer =>
  readFileSync(join(home.folder, out, "checkpoints", `step-${String(step).padStart(6, "0")}`, "model.safetensors"));

describe("cria train", () => {
  it("makes a model of a file of texts, which other commands open", async () => {
    const { code, stdout, stderr } = await train("made", "--steps", "12", "--validate-every", "6");
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^made: 12 of 12 steps, \d\.\d{4} bits per byte; made\/checkpoints\/step-000012\n$/),
    });
    expect(stderr).toMatch(
      /^text: [\d,]+ parameters, [\d,]+ tokens, 12 steps of 128\nstep 6: loss \d\.\d+, validation \d\.\d+, \d\.\d+ bits per byte\nstep 12: /,
    );
    const [run, checkpoint] = await Promise.all(
      ["made", "made/checkpoints/step-000012"].map((model) =>
        home.cria(["generate", "--model", model, "red", "--max-tokens", "3", "--seed", "1"]),
      ),
    );
    expect(run).toEqual({ code: 0, stdout: expect.stringMatching(/\S/), stderr: "" });
    expect(run).toEqual(checkpoint);
  });

  it("tells the end as one JSON document", async () => {
    const { stdout } = await train("told", "--steps", "2", "--json", "-q");
    expect(JSON.parse(stdout)).toEqual({
      out: "told",
      reason: "finished",
      step: 2,
      steps: 2,
      checkpoint: "told/checkpoints/step-000002",
      bits_per_byte: expect.any(Number),
    });
  });

  it("goes on bit for bit after a kill", async () => {
    const options = ["--steps", "20", "--checkpoint-every", "10"];
    await train("straight", ...options);
    const killed = home.start(command("killed", ...options));
    await waitFor(() => log("killed"), '"checkpoint","step":10');
    killed.process.kill("SIGKILL");
    await killed.ended;
    expect((await train("killed", ...options)).code).toBe(0);
    expect(weights("killed", 20)).toEqual(weights("straight", 20));
    const losses = (out: string): string[] => log(out).match(/"step","step":\d+,"tokens":\d+,"loss":[\d.]+/g)!;
    expect(losses("killed")).toEqual(losses("straight"));
  });

  it("writes a checkpoint when it is interrupted, and goes on from it", async () => {
    const running = home.start(command("stopped", "--steps", "5000"));
    await waitFor(() => log("stopped"), '"step","step":3');
    running.process.kill("SIGINT");
    const { code, stdout, stderr } = await running.ended;
    expect(code).toBe(130);
    expect(stderr).toContain("it goes on when the same command is given again");
    const step = Number(/: ([\d,]+) of 5,000 steps/.exec(stdout)![1].replace(",", ""));
    expect(readdirSync(join(home.folder, "stopped/checkpoints"))).toEqual([`step-${String(step).padStart(6, "0")}`]);
    const more = await train("stopped", "--steps", "5000", "--until", String(step + 2));
    expect(more.code).toBe(0);
    expect(log("stopped")).toContain(`{"event":"resume","step":${step},`);
  });

  it("may be corrected before its first step", async () => {
    const first = await train("again", "--vocab-size", "5000");
    expect({ code: first.code, stderr: first.stderr }).toEqual({ code: 2, stderr: expect.stringContaining("5000 were asked for") });
    expect((await train("again", "--steps", "1")).code).toBe(0);
  });

  it("does not go on with other data", async () => {
    await train("first", "--steps", "4", "--until", "2");
    writeFileSync(join(home.folder, "other.jsonl"), readFileSync(join(home.folder, "lines.jsonl")));
    const { code, stderr } = await home.cria(["train", "--data", "other.jsonl", ...small, "--out", "first", "--steps", "4"]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(/its data is \["lines.jsonl"\], now it is \["other.jsonl"\]/),
    });
  });

  it("says of a run without a checkpoint that it is none yet", async () => {
    await train("young", "--data", "nowhere.txt");
    const { code, stderr } = await home.cria(["generate", "--model", "young", "x"]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("young: this training run has no checkpoint yet") });
  });

  it("is not fooled by a checkpoint that is damaged", async () => {
    await train("hurt", "--steps", "4", "--checkpoint-every", "2", "--until", "2");
    const file = join(home.folder, "hurt/checkpoints/step-000002/model.safetensors");
    writeFileSync(file, readFileSync(file).subarray(0, 5000));
    const { code, stderr } = await train("hurt", "--steps", "4", "--checkpoint-every", "2");
    expect(stderr).toContain("step-000002: the checkpoint is damaged, remove its folder to go on from the one before (");
    expect(code).toBe(1);
  });

  it("keeps the end of the schedule below a lower peak", async () => {
    await train("low", "--steps", "3", "--learning-rate", "1e-4");
    const rates = Array.from(log("low").matchAll(/"learning_rate":([\de.-]+)/g), ([, rate]) => Number(rate));
    expect(rates).toHaveLength(3);
    expect(Math.max(...rates)).toBeLessThanOrEqual(1e-4);
  });

  it("takes a recipe of the user's own", async () => {
    writeFileSync(
      join(home.folder, "mine.mjs"),
      `export default ({ data }) => ({
        name: "mine",
        documents: async function* () { for (let i = 0; i < 50; i++) yield { content: "one two three " + data[0] + i, side: i % 5 ? "train" : "val" }; },
        tokenizer: { train: { vocabSize: 270 } },
        model: { family: "llama", norm: { kind: "rms", eps: 1e-5, bias: false }, residual: "pre", attention: { qkvBias: false, outputBias: false },
          ffn: { activation: "silu", gated: true, bias: false }, tiedEmbeddings: true, positions: { kind: "rope", theta: 10000 },
          dim: 16, nLayers: 1, nHeads: 2, nKvHeads: 2, headDim: 8, hiddenDim: 32, maxSeqLen: 16 },
        batch: { rows: 2, rowLength: 16 }, length: { steps: 3 }, schedule: { kind: "constant", peak: 1e-3, warmup: 0 },
        adamW: { beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0 }, clip: 1, validation: { every: 3, rows: 2, rowLength: 16 },
        checkpointEvery: 3, seed: 1,
      });`,
    );
    const { code, stdout } = await home.cria(["train", "mine.mjs", "--data", "four"]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining("runs/mine: 3 of 3 steps") });
  });
});

describe("what cannot be trained", () => {
  const refused = async (args: readonly string[], message: RegExp): Promise<void> => {
    const { code, stderr } = await home.cria(["train", ...args]);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  };

  it("is told before a log is begun", async () => {
    await refused([], /there is no data: name files, folders or patterns \(--data\)/);
    await refused(["--data", "nowhere"], /nowhere: there is no such file or folder/);
    await refused(["storys", "--data", "x"], /there is no recipe storys.*: name a file, or one of .*names.*text/);
    await refused(["--data", "lines.jsonl", "--dim", "100", "--heads", "6"], /a dim of 100 cannot be shared by 6 heads/);
    await refused(["--data", "lines.jsonl", "--kv-heads", "4"], /nHeads 6 is not a multiple of nKvHeads 4/);
    await refused(["--data", "lines.jsonl", "--steps", "3", "--epochs", "1"], /--steps and --epochs were given: leave one of them out/);
    await refused(
      ["--data", "lines.jsonl", "--tokenizer", "x", "--vocab-size", "300"],
      /--vocab-size was given, and a tokenizer that is there/,
    );
    await refused(["--data", "lines.jsonl", "--rows", "0"], /--rows is 0: expected/);
    await refused(
      ["lines.jsonl", "--data", "x"],
      /lines.jsonl: is no recipe: expected a module, .js or .ts; texts to learn from are given with --data/,
    );
  });
});

/** A file system of its own for one process, where the system lets us make one. */
const inTinyDisk = (folder: string, commands: string): string[] => [
  "-rm",
  "sh",
  "-c",
  `mount -t tmpfs -o size=600k tmpfs '${folder}' && ${commands}`,
];
const canMount = spawnSync("unshare", inTinyDisk("/mnt", "true")).status === 0;

it.skipIf(!canMount)("says that the disk is full, and leaves the checkpoint before and nothing half", async () => {
  const disk = join(home.folder, "disk");
  mkdirSync(disk);
  const args = command(`${disk}/run`, "--steps", "4", "--checkpoint-every", "2", "-q");
  const cria = [process.execPath, bin, ...args].map((word) => `'${word}'`).join(" ");
  const { stdout, stderr } = await home.start(inTinyDisk(disk, `${cria}; ls -A '${disk}/run/checkpoints'`), { command: "unshare" }).ended;
  expect(stderr).toMatch(/step-000004: the disk is full: free some space, then run the same command again: what is finished is kept/);
  expect(stderr).not.toContain("    at ");
  expect(stdout).toBe("step-000002\n");
});
