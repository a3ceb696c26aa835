// The committed reference numbers are the ones of ../shared: a copy that drifted would make every other test vacuous.
import { spawnSync } from "node:child_process";
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sharedPath } from "./goldens.ts";

const script = "scripts/copy-goldens.mjs";
const run = (root: string, ...args: string[]) => spawnSync(process.execPath, [join(root, script), ...args], { encoding: "utf8" });
const source = sharedPath("goldens");

describe.skipIf(!source)("the committed goldens", () => {
  it("are what the manifest names, byte for byte", () => {
    expect(run(".", "--check")).toMatchObject({ status: 0, stderr: "" });
  });

  describe("in a copy of the tree", () => {
    let parent: string;
    let root: string;
    const at = (name: string): string => join(root, "test", "goldens", name);

    beforeAll(() => {
      parent = mkdtempSync(join(tmpdir(), "goldens-"));
      root = join(parent, "project");
      mkdirSync(join(parent, "shared"));
      symlinkSync(source!, join(parent, "shared", "goldens"));
      cpSync(script, join(root, script));
    });
    afterAll(() => rmSync(parent, { recursive: true }));

    it("are made whole, once", () => {
      expect(run(root).stdout).toMatch(/, [1-9]\d* changed/);
      expect(run(root).stdout).toMatch(/, 0 changed/);
    });

    it("fail the check when a file is changed, missing or foreign, and are mended", () => {
      appendFileSync(at("rlhf/dpo.json"), " ");
      rmSync(at("README.md"));
      writeFileSync(at("quant/stranger.json"), "{}");

      const { status, stderr } = run(root, "--check");
      expect(status).toBe(1);
      expect(stderr.split("\n").slice(1, 4)).toEqual(["  add README.md", "  update rlhf/dpo.json", "  remove quant/stranger.json"]);

      expect(run(root).stdout).toMatch(/, 3 changed/);
      expect(run(root, "--check").status).toBe(0);
    });
  });
});
