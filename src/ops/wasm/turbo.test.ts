// Turbo is trusted only where it gives the right numbers, and left out with a word where it cannot be. Needs Node 24: CRIA_NODE24 is the path of one, if
// the Node of the tests is older.
import { spawnSync } from "node:child_process";
import { afterEach, describe, expect, it, vi } from "vitest";
import { goldenPath } from "../../../test/goldens.ts";
import { bin } from "../../../test/run-cli.ts";
import { createWasm, type WasmOps } from "./index.ts";
import { wrongNumbers } from "./turbo.ts";

const isOld = Number.parseInt(process.versions.node, 10) < 24;
const node24 = isOld ? process.env.CRIA_NODE24 : process.execPath;

afterEach(() => {
  vi.restoreAllMocks();
});

describe("the trial", () => {
  const engine = (): Promise<WasmOps> => createWasm({ threads: 1 });

  it("is passed by an engine that is right", async () => {
    expect(await wrongNumbers(await engine())).toBeUndefined();
  });

  it.each<[string, (ops: WasmOps) => Partial<WasmOps>]>([
    ["a product with Q4_0", (ops) => ({ linear: (x, w) => ops.scale(ops.linear(x, w), 1.0001) })],
    [
      "a product with Q6_K",
      (ops) => ({ linear: (x, w) => ops.scale(ops.linear(x, w), w.type === "Q6_K" && x.shape[0] === 1 ? 1.0001 : 1) }),
    ],
    ["a product with F16", (ops) => ({ linear: (x, w) => ops.scale(ops.linear(x, w), w.type === "F16" ? Number.NaN : 1) })],
    ["attention", (ops) => ({ attend: (q, k, v, view, spec) => ops.attend(q, k, v, view, { ...spec, scale: 0.1 }) })],
  ])("finds %s that is wrong", async (name, wrong) => {
    const ops = await engine();
    expect(await wrongNumbers({ ...ops, ...wrong(ops) })).toMatch(new RegExp(`^${name} gives .* where .* is right`));
  });
});

it.runIf(isOld)("an older Node goes on without turbo, and says so", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  const ops = await createWasm({ threads: 2, turbo: true });
  expect(ops.build.turbo).toBeUndefined();
  expect(warn.mock.calls).toEqual([[expect.stringMatching(/^cria: going on without turbo: this is Node .* it needs Node 24 or newer$/)]]);
  await ops.dispose();
});

describe.skipIf(!node24)("Node 24 with turbo", () => {
  const model = goldenPath("quant/models/tiny64-Q4_0.gguf")!;
  const args = [bin, "generate", "hello", "-m", model, "-n", "24", "--temperature", "0", "--seed", "1", "--json", "--quiet"];
  const run = (...flags: string[]): string => {
    const { stdout, stderr } = spawnSync(node24!, [...args, ...flags], { encoding: "utf8" });
    expect(stderr).toBe(""); // turbo that does not hold is told there
    return stdout;
  };

  it.each([[[]], [["--exact"]], [["--threads", "1"]]])("answers with the same tokens %j", (flags) => {
    const answer = run("--turbo", ...flags);
    expect(answer).toContain('"generated_tokens":24');
    expect(answer).toBe(run(...flags));
  });
});
