// cria bench as a user meets it: what it says, not how fast this machine is.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { goldenPath } from "./goldens.ts";
import { type Home, makeHome } from "./run-cli.ts";

const tiny = goldenPath("quant/models/tiny64-Q8_0.gguf")!;

let home: Home;
beforeAll(() => {
  home = makeHome();
});
afterAll(() => home[Symbol.dispose]());

describe("bench", () => {
  it("is one JSON document of figures and what bounds them", async () => {
    const { code, stdout, stderr } = await home.cria(["bench", "-m", tiny, "--runs", "2", "--quiet", "--json"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ model: tiny, backend: "wasm", runs: 2, node: process.versions.node });
    const measured = [
      ...["prefillTokensPerSecond", "decodeTokensPerSecond", "loadSeconds", "firstTokenSeconds", "peakMemoryBytes", "weightBytes"],
      ...["decodeBytesPerSecond", "prefillOperationsPerSecond"],
    ];
    for (const name of measured) expect(result[name], name).toBeGreaterThan(0);
    for (const limit of Object.values(result.limits)) expect(limit).toBeGreaterThan(1e8);
    const { min, median, max } = result.spread.decodeTokensPerSecond;
    expect(median).toBe(result.decodeTokensPerSecond);
    expect(min).toBeLessThanOrEqual(median);
    expect(max).toBeGreaterThanOrEqual(median);
  });

  it("says how the model ran, and takes shorter texts where the context is short", async () => {
    const { code, stdout, stderr } = await home.cria(["bench", "-m", tiny, "--runs", "1", "--threads", "1", "--exact", "--kv-type", "f16"]);
    expect(code).toBe(0);
    expect(stdout).toContain("\nwasm backend, exact, keys and values in f16, 1 thread, Node ");
    const [, context] = /the context holds (\d+) tokens: texts are shorter than usual/.exec(stderr)!;
    expect(Number(context)).toBeLessThan(512);
    expect(stdout).toContain(`prefill of ${context}, tokens/s`);
  });
});
