// The question at the end: whether the text is what was asked for.
import { describe, expect, it } from "vitest";
import { InternalError } from "../../errors.ts";
import type { OutputFormat } from "../output-format.ts";
import { formatKey, prepareFormat } from "./prepare-format.ts";

it.each<[OutputFormat, string, string]>([
  [{ kind: "json" }, '{"secret', "the answer is no JSON, though every token of it was allowed"],
  [
    { kind: "schema", schema: { type: "integer" } },
    '"secret"',
    "the answer does not satisfy its schema, though every token of it was allowed",
  ],
])("says what is wrong with an answer to %j, and nothing of it", async (format, text, message) => {
  const { verify } = await prepareFormat(formatKey(format));
  expect(() => verify(text)).toThrow(new InternalError(message));
});

it.each<[OutputFormat, string]>([
  [{ kind: "json" }, "{}"],
  [{ kind: "schema", schema: { type: "integer" } }, "5"],
  [{ kind: "regex", pattern: "a" }, "b"],
  [{ kind: "grammar", grammar: 'root ::= "a"' }, "b"],
])("lets an answer to %j be, and asks about JSON only", async (format, text) => {
  const { verify } = await prepareFormat(formatKey(format));
  expect(() => verify(text)).not.toThrow();
});

describe("repetitions of nothing", () => {
  it.each(["(?:(?:(?:){10000}){10000}){100}", "(?:(?:(?:a{0}|){0,10000}){0,10000})*", "(?:(?:(?:a*){0}){10000,}){10000}"])(
    "%s is nothing, and takes no time",
    async (pattern) => {
      expect(await prepareFormat(formatKey({ kind: "regex", pattern }))).toMatchObject({
        grammar: expect.stringMatching(/^root ::= ""\n/),
      });
    },
  );

  it("in a grammar are counted as if each were something", async () => {
    const nested = (times: number): OutputFormat => ({ kind: "grammar", grammar: `root ::= ((){${times}}){${times}}` });
    await expect(prepareFormat(formatKey(nested(1000)))).rejects.toThrow("with its repetitions unfolded it is too large");
    await expect(prepareFormat(formatKey(nested(10)))).resolves.toBeDefined();
  });
});
