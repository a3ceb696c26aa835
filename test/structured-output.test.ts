// What comes is what was asked for, whatever the model would rather say.
import { validate } from "@cfworker/json-schema";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundledModel } from "../src/cli/bundled-model.ts";
import { type GenerateOptions, type GenerationEnd, type Llama, load, type OutputFormat } from "../src/index.ts";
import { sharedPath, testAll } from "./goldens.ts";
import { randomSchema } from "./random-schemas.ts";

const smollm2 = sharedPath("models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf");
const seeds = Array.from({ length: 200 }, (_, i) => i + 1);

async function answer(
  llama: Llama,
  options: GenerateOptions,
  prompt = "Here is the JSON:\n",
): Promise<{ text: string; ids: number[]; end: GenerationEnd }> {
  const pieces = llama.generate(prompt, options);
  const ids: number[] = [];
  let text = "";
  for (;;) {
    const { done, value } = await pieces.next();
    if (done) return { text, ids, end: value };
    text += value.text;
    ids.push(value.id);
  }
}

/** Answers to random schemas, 16 at once: what was not cut off is of its schema, patterns included. @returns how many were cut off */
async function checkAll(llama: Llama, seeds: readonly number[], maxTokens: number): Promise<number> {
  let cut = 0;
  const check = async (seed: number): Promise<void> => {
    const schema = randomSchema(seed);
    const { text, end } = await answer(llama, { format: { kind: "schema", schema }, seed, maxTokens });
    if (end.reason !== "end") cut++;
    else expect(validate(JSON.parse(text), schema, "2020-12"), `${JSON.stringify(schema)}\n${text}`).toMatchObject({ valid: true });
  };
  for (let first = 0; first < seeds.length; first += 16) await Promise.all(seeds.slice(first, first + 16).map(check));
  return cut;
}

describe("the bundled model", () => {
  let llama: Llama;
  beforeAll(async () => {
    llama = await load(bundledModel.path, { cacheTokens: 16 * 512, contextLength: 512 });
  });
  afterAll(() => llama.dispose());

  it("answers 200 random schemas with what is of the schema, or is cut off", async () => {
    expect(await checkAll(llama, seeds, 80)).toBeLessThan(100);
  });

  it("writes exactly what is asked, in scripts that take several tokens a character", async () => {
    for (const value of ["größer 日本語 🙂👩‍👩‍👧", { é: ["\u0001\n\t", "\u{1d11e}"] }]) {
      const { text } = await answer(llama, { format: { kind: "schema", schema: { const: value } } });
      expect(JSON.parse(text)).toEqual(value);
    }
  });

  it.each<OutputFormat>([
    { kind: "regex", pattern: "[à-ü]{3}[🙂-🙏]{2}[\\u4e00-\\u9fff]" },
    { kind: "regex", pattern: "(\\d{3}-){2}\\d{4}|N/A" },
  ])("follows $pattern", async (format) => {
    for (const seed of [1, 2, 3]) {
      const { text, end } = await answer(llama, { format, seed });
      expect(text).toMatch(new RegExp(`^(?:${(format as { pattern: string }).pattern})$`, "u"));
      expect(end.reason).toBe("end");
    }
  });

  it("follows a grammar of one's own, and any JSON object", async () => {
    const grammar = 'root ::= "The " ("cat" | "dog") " " verb "."\nverb ::= "sat" | "ran"';
    expect((await answer(llama, { format: { kind: "grammar", grammar }, seed: 1 })).text).toMatch(/^The (cat|dog) (sat|ran)\.$/);
    const { text, end } = await answer(llama, { format: { kind: "json" }, seed: 3, maxTokens: 400 });
    if (end.reason === "end") expect(JSON.parse(text)).toBeInstanceOf(Object);
    expect(text[0]).toBe("{");
  });

  it("ends where nothing may follow, without an end token, and not before for ignoreEos", async () => {
    const format: OutputFormat = { kind: "regex", pattern: "a{3}" };
    const { text, ids, end } = await answer(llama, { format, ignoreEos: true });
    expect([text, end.reason]).toEqual(["aaa", "end"]);
    expect(ids.some((id) => llama.tokenizer!.endIds.has(id))).toBe(false);
    const endless = await answer(llama, { format: { kind: "regex", pattern: "[a-z ]*" }, ignoreEos: true, maxTokens: 30, seed: 1 });
    expect(endless.end.reason).toBe("length");
  });

  it("tells what the model thinks of its tokens before the format", async () => {
    const options: GenerateOptions = { temperature: 0, maxTokens: 3, logprobs: 2 };
    const free = (await llama.generate("Once upon a", options).next()).value;
    const bound = (await llama.generate("Once upon a", { ...options, format: { kind: "regex", pattern: "\\d" } }).next()).value;
    expect(bound).toMatchObject({ text: expect.stringMatching(/^\d$/), top: "top" in free! ? free.top : undefined });
  });

  it("keeps a stop string's cut, and a bias, within the format", async () => {
    const schema = { type: "array", items: { const: "x" }, minItems: 5, maxItems: 5 };
    const cut = await answer(llama, { format: { kind: "schema", schema }, stop: '"x",' });
    expect(cut).toMatchObject({ text: "[", end: { reason: "stop" } });
    const [a] = llama.tokenizer!.encode("a");
    const forbidden = answer(llama, { format: { kind: "regex", pattern: "a" }, logitBias: { [a]: Number.NEGATIVE_INFINITY } });
    await expect(forbidden).rejects.toThrow("every token is forbidden, by the model, the format or logitBias");
  });

  it("refuses a format before it reads the prompt, and goes on afterwards", async () => {
    const bad: [unknown, string][] = [
      [{ kind: "schema", schema: { not: {} } }, 'schema: /not: the keyword "not" cannot be enforced'],
      [{ kind: "schema" }, "was given, expected a schema"],
      [{ kind: "regex", pattern: "(" }, '"(" is no regular expression'],
      [
        { kind: "grammar", grammar: "root ::= foo" },
        'the grammar cannot be used: EBNF parser error at line 1, column 10: Rule "foo" is not defined',
      ],
      [{ kind: "grammar", grammar: `root ::= ${"(".repeat(30_000)}"a"${")".repeat(30_000)}` }, "nested too deep"],
      [{ kind: "grammar", grammar: "root ::= ((([^a]{99}){99}){99}){99}" }, "with its repetitions unfolded it is too large"],
      [{ kind: "xml" }, 'format: {"kind":"xml"} was given, expected { kind: "json" }'],
      ["json", 'format: "json" was given'],
    ];
    for (const [format, message] of bad) {
      await expect(answer(llama, { format: format as OutputFormat })).rejects.toMatchObject({
        name: "UsageError",
        message: expect.stringContaining(message),
      });
    }
    expect((await answer(llama, { format: { kind: "regex", pattern: "ok" } })).text).toBe("ok");
  });

  it("answers requests with formats and without at once as it answers them apart", async () => {
    const requests: GenerateOptions[] = [1, 2, 3, 4].map((seed) => ({
      seed,
      maxTokens: 40,
      ...(seed % 2 ? { format: { kind: "schema", schema: randomSchema(seed) } } : {}),
    }));
    const apart: string[] = [];
    for (const options of requests) apart.push((await answer(llama, options)).text);
    const together = await Promise.all(requests.map((options) => answer(llama, options)));
    expect(together.map(({ text }) => text)).toEqual(apart);
  });
});

describe.skipIf(!smollm2)("SmolLM2-135M", () => {
  const chosen = testAll ? seeds : seeds.slice(0, 8);

  it(`answers ${chosen.length} random schemas with what is of the schema, or is cut off`, { timeout: 600_000 }, async () => {
    await using llama = await load(smollm2!, { contextLength: 512, cacheTokens: 16 * 512 });
    expect(await checkAll(llama, chosen, testAll ? 200 : 40)).toBeLessThan(chosen.length);
  });
});
