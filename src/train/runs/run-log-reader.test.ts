import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createRunLog, type RunLog, readOn } from "./run-log-reader.ts";
import { reportRun, stateOf } from "./run-report.ts";

let folder: string;
let path: string;
let log: RunLog;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cria-runs-"));
  path = join(folder, "log.jsonl");
  log = createRunLog(path);
});
afterEach(() => rmSync(folder, { recursive: true }));

const begin = { event: "begin", name: "a", time: "2026-01-01T00:00:00Z", steps: 100, tokens_per_step: 10, peak_flop_per_second: 400 };
const step = (n: number, loss: unknown = 5 - n / 100, seconds = n) => ({
  ...{ event: "step", step: n, tokens: 10 * n, loss, bits_per_byte: 1, learning_rate: 0.1, gradient_norm: 1 },
  ...{ seconds, tokens_per_second: 10, flop_per_second: 100 },
});
const lines = (...events: unknown[]): string => events.map((event) => `${JSON.stringify(event)}\n`).join("");
const report = () => reportRun("a", log, Date.now());

describe("the log of a run", () => {
  it("is read as it grows, a half line only when it is whole", async () => {
    const [whole, half] = [lines(begin, step(1)), lines(step(2))];
    writeFileSync(path, whole + half.slice(0, 20));
    expect(await readOn(log)).toBe(true);
    expect(report()).toMatchObject({ state: "running", problem: undefined, progress: { step: 1, steps: 100, tokens: 10 } });
    expect(log.offset).toBe(Buffer.byteLength(whole));
    expect(await readOn(log)).toBe(false);
    appendFileSync(path, half.slice(20));
    expect(await readOn(log)).toBe(true);
    expect(report()).toMatchObject({ problem: undefined, progress: { step: 2, trainLoss: (4.99 + 4.98) / 2, shareOfPeak: 0.25 } });
  });

  it("that goes on after a kill forgets the steps that are made again, and adds the times", async () => {
    const killed = lines(begin, ...[1, 2, 3, 4].map((n) => step(n, 9))) + lines(step(5)).slice(0, 30);
    writeFileSync(path, `${killed}\n${lines({ event: "resume", step: 2 }, step(3, 1, 1), step(4, 2, 2))}`);
    await readOn(log);
    const { train, resumes, progress, problem } = report();
    expect(train.step).toEqual([1, 2, 3, 4]);
    expect(train.metrics.loss.mean).toEqual([9, 9, 1, 2]);
    expect(train.seconds).toEqual([1, 2, 3, 4]);
    expect(resumes).toEqual([2]);
    expect(progress).toMatchObject({ step: 4, trainLoss: 1.5, secondsLeft: 96 });
    expect(problem).toBe("1 damaged line");
  });

  it("that goes on elsewhere has the steps and the peak of there", async () => {
    writeFileSync(path, lines(begin, step(1), { event: "resume", step: 1, steps: 200, peak_flop_per_second: null }, step(2)));
    await readOn(log);
    expect(report().progress).toMatchObject({ steps: 200, shareOfPeak: 0.25 });
    appendFileSync(path, lines({ event: "resume", step: 2, peak_flop_per_second: 1000 }, step(3)));
    await readOn(log);
    expect(report().progress).toMatchObject({ steps: 200, shareOfPeak: 0.1 });
  });

  it("tells how it ended, and an end is taken back when it goes on", async () => {
    writeFileSync(path, lines(begin, step(1), { event: "end", step: 1, reason: "interrupted" }));
    await readOn(log);
    expect(report()).toMatchObject({ state: "interrupted", progress: { secondsLeft: null } });
    appendFileSync(path, lines({ event: "resume", step: 1 }, step(2)));
    await readOn(log);
    expect(report().state).toBe("running");
    appendFileSync(path, lines({ event: "end", step: 2, reason: "diverged" }));
    await readOn(log);
    expect(report().state).toBe("diverged");
  });

  it("of a run that was killed ends when nothing has come for twenty steps, and two minutes at least", async () => {
    writeFileSync(path, lines(begin, step(1), step(2)));
    await readOn(log);
    expect(stateOf(log, log.modified + 119_000)).toBe("running");
    expect(stateOf(log, log.modified + 121_000)).toBe("ended");
    appendFileSync(path, lines(step(3, 1, 30))); // ten seconds a step
    await readOn(log);
    expect(stateOf(log, log.modified + 199_000)).toBe("running");
    expect(stateOf(log, log.modified + 201_000)).toBe("ended");
  });

  it("has gaps where a loss is not finite", async () => {
    writeFileSync(path, lines(begin, step(1, 3), step(2, Number.NaN), step(3, "x")));
    await readOn(log);
    expect(report().train.metrics.loss.mean).toEqual([3, null, null]);
    expect(report().progress.trainLoss).toBe(3);
  });

  it("tells validation and samples of the last steps that count", async () => {
    const validation = (n: number, loss: number) => ({ event: "validation", step: n, tokens: 10 * n, loss, bits_per_byte: loss / 2 });
    const sample = (n: number) => ({ event: "sample", step: n, prompt: "a", text: `a ${n}` });
    writeFileSync(path, lines(begin, step(1), validation(1, 4), sample(1), step(2), validation(2, 2), sample(2)));
    await readOn(log);
    expect(report().progress).toMatchObject({ validationLoss: 2, bitsPerByte: 1 });
    appendFileSync(path, lines({ event: "resume", step: 1 }));
    await readOn(log);
    expect(report().validation.step).toEqual([1]);
    expect(report().samples.map(({ text }) => text)).toEqual(["a 1"]);
  });

  it("keeps 200 samples at most, the first and the last among them, evenly", async () => {
    const samples = Array.from({ length: 1000 }, (_, i) => ({ event: "sample", step: i, prompt: "", text: String(i) }));
    writeFileSync(path, lines(begin, ...samples));
    await readOn(log);
    const steps = report().samples.map((sample) => sample.step);
    expect(steps).toHaveLength(200);
    expect([steps[0], steps.at(-1)]).toEqual([0, 999]);
    expect(Math.max(...steps.slice(1).map((at, i) => at - steps[i]))).toBeLessThanOrEqual(16);
  });

  it.each([
    ["empty", "", "nothing is written yet"],
    ["of another program", '{"loss": 3}\nhello\n', "no log of a run: none of its lines begins one"],
    ["binary", Buffer.from([0, 255, 10, 0, 10]), "no log of a run: none of its lines begins one"],
    ["without its beginning", lines(step(1)), "no log of a run: none of its lines begins one"],
  ])("is unreadable when it is %s", async (_, content, problem) => {
    writeFileSync(path, content);
    await readOn(log);
    expect(report()).toMatchObject({ state: "unreadable", problem });
  });

  it("is unreadable when it is a folder, or gone", async () => {
    mkdirSync(path);
    expect(await readOn(log)).toBe(true);
    expect(report()).toMatchObject({ state: "unreadable", problem: "is no file" });
    rmSync(path, { recursive: true });
    expect(await readOn(log)).toBe(true);
    expect(report().problem).toMatch(/^cannot be read: ENOENT/);
    expect(await readOn(log)).toBe(false);
    writeFileSync(path, lines(begin));
    expect(await readOn(log)).toBe(true);
    expect(report()).toMatchObject({ state: "running", problem: undefined });
  });

  it("is read anew when another file takes its place, or a run begins anew in it", async () => {
    writeFileSync(path, lines(begin, step(1), step(2)));
    await readOn(log);
    writeFileSync(join(folder, "other"), lines(begin, ...[1, 2, 3].map((n) => step(n, 7))));
    renameSync(join(folder, "other"), path);
    await readOn(log);
    expect(report().train.metrics.loss.mean).toEqual([7, 7, 7]);
    appendFileSync(path, lines(begin, step(1, 8)));
    await readOn(log);
    expect(report().train.metrics.loss.mean).toEqual([8]);
  });

  it("passes over a line longer than any", async () => {
    writeFileSync(path, `${lines(begin)}{"event":"step","x":"${"y".repeat(3e6)}"}\n${lines(step(1))}`);
    await readOn(log);
    expect(report()).toMatchObject({ problem: "1 damaged line", progress: { step: 1 } });
  });

  it("lays settings flat, however deep and wide they are", async () => {
    const deep = `${'{"a":'.repeat(5000)}1${"}".repeat(5000)}`;
    const wide = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`k${i}`, i]));
    const config = { dim: 64, norm: { kind: "rms" }, local: [true, false], layers: [{ a: 1 }, { a: 2 }], deep: "DEEP" };
    const line = lines({ ...begin, threads: 2, config, recipe: wide }).replace('"DEEP"', `${deep},"__proto__":3`);
    writeFileSync(path, line);
    await readOn(log);
    const { facts, config: flat, recipe } = report();
    expect(facts).toEqual({ steps: 100, tokens_per_step: 10, peak_flop_per_second: 400, threads: 2 });
    const expected = { dim: 64, "norm.kind": "rms", local: "true, false", "layers.0.a": 1, "layers.1.a": 2, ["__proto__"]: 3 };
    expect(Object.entries(flat)).toEqual(Object.entries(expected));
    expect(Object.keys(recipe)).toHaveLength(500);
  });
});
