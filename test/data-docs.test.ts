// docs/data.md lists the rules of quality as they are.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { rules } from "../src/train/data/quality/rules.ts";

it("the table of rules is what is checked", () => {
  const docs = readFileSync(join(import.meta.dirname, "../docs/data.md"), "utf8");
  const [, table] = /\| rule \| measured[^\n]*\n[^\n]*\n((?:\|[^\n]*\n)+)/.exec(docs)!;
  const rows = rules.map(({ name, what, least = "", most = "" }) => `| ${name} | ${what} | ${least} | ${most} |`.replaceAll("|  |", "| |"));
  expect(table.trimEnd().split("\n").slice(1)).toEqual(rows);
});
