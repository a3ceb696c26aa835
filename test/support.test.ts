// docs/support.md says what the code can do. `node scripts/support-table.mjs` writes it anew.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { configFromHf } from "../src/model/hf-config.ts";
import { goldenPath } from "./goldens.ts";
import { supportTable, verifiedBy } from "./support-table.ts";

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
