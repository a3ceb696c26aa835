// Which browser the projects of vitest.config.ts run test/browser/ in. Without one the first of these says so.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { findBrowser } from "./browser/find-browser.ts";

it("this machine has a browser for the tests in test/browser", ({ skip }) => {
  const path = findBrowser();
  skip(path === undefined, "test/browser: there is no Chrome or Chromium (apt-get install chromium, or set CHROME_PATH)");
  expect(findBrowser({ ...process.env, CHROME_PATH: path })).toBe(path);
});

describe("a browser is looked for", () => {
  const folder = mkdtempSync(join(tmpdir(), "cria-browsers-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it("where CHROME_PATH says, and nowhere when that is empty", () => {
    expect(findBrowser({ ...process.env, CHROME_PATH: process.execPath })).toBe(process.execPath);
    expect(findBrowser({ ...process.env, CHROME_PATH: "" })).toBeUndefined();
    expect(() => findBrowser({ CHROME_PATH: join(folder, "none") })).toThrow("there is no such file");
  });

  it.runIf(process.platform === "linux")("on the PATH, past one that does not start", () => {
    const browsers = ["stub", "real"].map((name, i) => {
      mkdirSync(join(folder, name));
      const path = join(folder, name, "chromium-browser");
      writeFileSync(path, `#!/bin/sh\nexit ${1 - i}\n`);
      chmodSync(path, 0o755);
      return path;
    });
    expect(findBrowser({ PATH: ["stub", "real"].map((name) => join(folder, name)).join(delimiter) })).toBe(browsers[1]);
  });
});
