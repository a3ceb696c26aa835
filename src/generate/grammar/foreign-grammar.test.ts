// Grammars of strangers before XGrammar sees them.
import { expect, it } from "vitest";
import { foreignGrammar } from "./foreign-grammar.ts";

it.each([
  ["[".repeat(100_000), "grammar: the [ in line 1 is never closed"],
  ['\\"'.repeat(50_000).slice(2), 'grammar: the " in line 1 is never closed'],
  [`root ::= "[" # [\n[^"\\]] "\\""\n${'"\\"'.repeat(30_000)}`, 'grammar: the " in line 3 is never closed'],
])("refuses what is not closed at once: %.20s", async (grammar, message) => {
  await expect(foreignGrammar(grammar)).rejects.toThrow(message);
  await expect(foreignGrammar(grammar)).rejects.toMatchObject({ name: "UsageError" });
});

it("takes brackets and quotes in texts, classes and comments for what they are", async () => {
  const grammar = 'root ::= "[" [^"\\]] "\\"" # ["\n';
  expect(await foreignGrammar(grammar)).toBe(grammar);
});

it("refuses what its repetitions unfold to", async () => {
  await expect(foreignGrammar("root ::= ([^a]{100}){100}")).rejects.toThrow("with its repetitions unfolded it is too large");
});
