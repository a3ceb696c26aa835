// Embeddings through the public API and the command line, judged by PyTorch on the same weights.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Llama, load, UsageError } from "../src/index.ts";
import { goldenPath, readGolden, sharedPath } from "./goldens.ts";
import { type Home, makeHome } from "./run-cli.ts";

const smollm2 = sharedPath("models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf");
const golden = goldenPath("smollm2/golden.json") && readGolden("smollm2/golden.json");

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => Array.from(a).reduce((sum, x, i) => sum + x * b[i], 0);

describe.skipIf(!smollm2 || !golden)("SmolLM2-135M-Instruct", () => {
  const expected: { text: string; ids: number[]; mean_pooled_l2: number[] }[] = golden?.embeddings ?? [];

  it.each([
    ["with activations in 8 bits", false, 0.999],
    ["with activations as they are", true, 0.999999],
  ])("gives the vectors that PyTorch gives, %s", async (_how, exact, cosine) => {
    await using llama = await load(smollm2!, { exact });
    const { embeddings, promptTokens } = await llama.embed(expected.map(({ text }) => text));
    for (const [i, { mean_pooled_l2 }] of expected.entries()) {
      expect(embeddings[i]).toHaveLength(mean_pooled_l2.length);
      expect(dot(embeddings[i], mean_pooled_l2)).toBeGreaterThan(cosine);
    }
    expect(expected.length).toBeGreaterThan(1);
    expect(dot(embeddings[0], expected[1].mean_pooled_l2)).toBeLessThan(0.99); // the other text's
    expect(promptTokens).toBe(expected.reduce((sum, { ids }) => sum + ids.length, 0));
  });
});

describe("the model that comes with cria", () => {
  let llama: Llama;
  let home: Home;
  beforeAll(async () => {
    llama = await load("models/llama-cria-stories.gguf", { relaxedSimd: true }); // as the command line does
    home = makeHome();
  });
  afterAll(async () => {
    await llama.dispose();
    home[Symbol.dispose]();
  });
  const texts = ["Once upon a time", "The dog ran", "One day, a cat"];

  it("takes texts and ids, with the tokens around a text that generate gives it", async () => {
    const ids = llama.tokenizer!.encode(texts[0], { addSpecial: true });
    const { embeddings, promptTokens } = await llama.embed([texts[0], ids]);
    expect(embeddings[0]).toEqual(embeddings[1]);
    expect(promptTokens).toBe(2 * ids.length);
  });

  it("refuses what is no list of texts, and an empty text", async () => {
    await expect(llama.embed("a text" as unknown as string[])).rejects.toThrow(/expected a list of at least one text/);
    await expect(llama.embed([])).rejects.toThrow(UsageError);
    await expect(llama.embed(["a", ""])).rejects.toThrow(/text 2 of 2 is empty/);
    await expect(llama.embed(["a".repeat(20_000)])).rejects.toThrow(/the text has [\d]+ tokens, the context holds [\d]+/);
  });

  describe("on the command line", () => {
    const lines = (stdout: string): number[][] =>
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line));

    it("prints a vector a line, all digits of it", async () => {
      const { code, stdout, stderr } = await home.cria(["embed", ...texts]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      const { embeddings } = await llama.embed(texts);
      expect(lines(stdout).map((vector) => Float32Array.from(vector))).toEqual(embeddings);
    });

    it("reads a text a line, and prints one JSON document", async () => {
      const path = join(home.folder, "texts.txt");
      writeFileSync(path, `${texts.join("\r\n")}\n`);
      const { stdout } = await home.cria(["embed", "--file", path, "--pooling", "last", "--json"]);
      const { embeddings, ...facts } = JSON.parse(stdout);
      const expected = await llama.embed(texts, { pooling: "last" });
      expect(facts).toEqual({
        model: "llama-cria-stories",
        pooling: "last",
        dimensions: llama.config.dim,
        prompt_tokens: expected.promptTokens,
      });
      expect(embeddings.map((vector: number[]) => Float32Array.from(vector))).toEqual(expected.embeddings);
    });

    it("shows how near texts are", async () => {
      const { stdout } = await home.cria(["embed", "-", "--similarity"], { input: "The dog ran\nThe dog ran\nOnce upon a time" });
      const { embeddings } = await llama.embed(["The dog ran", "Once upon a time"]);
      const cosine = dot(embeddings[0], embeddings[1]).toFixed(3);
      expect(stdout.split("\n").map((line) => line.trim().split(/ {2,}/))).toEqual([
        ["1", "2", "3"],
        ["1", "1.000", "1.000", cosine, "The dog ran"],
        ["2", "1.000", "1.000", cosine, "The dog ran"],
        ["3", cosine, cosine, "1.000", "Once upon a time"],
        [""],
      ]);
    });

    it.each([
      ["an empty line", [], "a\n\nb\n", /stdin: line 2 is empty/],
      ["an empty text", [""], "", /the text is empty/],
      ["texts and a file", ["a", "b", "--file", "x"], "", /leave one of them out/],
      ["a pooling that is none", ["a", "--pooling", "max"], "", /--pooling is "max": expected mean or last or cls/],
    ])("refuses %s", async (_what, args, input, sentence) => {
      const { code, stdout, stderr } = await home.cria(["embed", ...args], { input });
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toMatch(sentence);
    });
  });
});
