// docs/support.md says what the code can do. `node scripts/support-table.mjs` writes it anew.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { configFromHf } from "../src/model/hf-config.ts";
import { goldenPath, readGolden } from "./goldens.ts";
import { goldenMixes, supportTable, verifiedBy } from "./support-table.ts";

it("docs/support.md is up to date", async () => {
  await expect(supportTable()).toMatchFileSnapshot("../docs/support.md");
});

describe("the golden checkpoint", () => {
  for (const [family, folders] of Object.entries(verifiedBy)) {
    for (const folder of folders) {
      const path = goldenPath(`models/${folder}`);
      it.skipIf(!path)(`${folder} is of family ${family}`, () => {
        const config = configFromHf(JSON.parse(readFileSync(join(path!, "config.json"), "utf8")), "config.json");
        expect(config.family).toBe(family);
      });
    }
  }
});

it.skipIf(!goldenPath("quant/models/expected.json"))("the golden GGUF files hold the types that the table says", () => {
  const cases: { files: string[]; tensor_types: Record<string, number> }[] = readGolden("quant/models/expected.json").cases;
  const found = cases.map(({ files, tensor_types }) => {
    const stored = Object.keys(tensor_types).toSorted();
    const matrices = stored.length === 1 ? stored : stored.filter((type) => type !== "F32"); // vectors are F32 in all
    return [files[0].replace(".gguf", ""), matrices];
  });
  expect(goldenMixes).toEqual(Object.fromEntries(found));
});
