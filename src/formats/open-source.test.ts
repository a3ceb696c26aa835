import { mkdtemp, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FormatError, UsageError } from "../errors.ts";
import { siblingName } from "./file-name.ts";
import { openSource } from "./open-source.ts";
import type { ByteSource } from "./source.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "cria-"));
});
afterEach(() => rm(folder, { recursive: true }));

const content = Uint8Array.from({ length: 1000 }, (_, i) => i);

async function file(name = "a b#1.bin"): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

it("a path, a file URL, a Blob and a File are the same bytes", async () => {
  const path = await file();
  const sources: ByteSource[] = await Promise.all(
    [path, pathToFileURL(path), pathToFileURL(path).href, new Blob([content]), new File([content], "a.bin")].map((source) =>
      openSource(source),
    ),
  );
  expect(sources.map(({ name }) => name)).toEqual([path, path, path, "Blob", "a.bin"]);
  for (const source of sources) {
    expect(source.size).toBe(1000);
    expect(await source.read(0, 1000)).toEqual(content);
    expect(await source.read(990, 10)).toEqual(content.slice(990));
    await expect(source.read(990, 11)).rejects.toThrow(FormatError);
    await expect(source.read(0, 10, AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
    await source.close();
  }
});

describe("what is not a file is a UsageError that says what it is", () => {
  it.each([
    ["no such file", () => join(folder, "absent")],
    ["is a folder", () => folder],
    ["not a regular file", () => "/dev/zero"],
    ["not a valid URL", () => "https://"],
  ])("%s", async (message, path) => {
    await expect(openSource(path())).rejects.toThrow(UsageError);
    await expect(openSource(path())).rejects.toThrow(message);
  });
});

it("a file that becomes shorter while it is read is a FormatError", async () => {
  const path = await file();
  const source = await openSource(path);
  await truncate(path, 500);
  await expect(source.read(400, 200)).rejects.toThrow("byte 500: the file became shorter while it was read");
  await source.close();
});

describe("siblings", () => {
  it("stand beside a file, symbolic links among them", async () => {
    const path = await file();
    await symlink(path, join(folder, "link.bin"));
    const source = await openSource(path);
    const sibling = await source.sibling("link.bin");
    expect(await sibling.read(0, 3)).toEqual(content.slice(0, 3));
    await expect(source.sibling("absent.bin")).rejects.toThrow(UsageError);
    await source.close();
    await sibling.close();
  });

  it("are not beside a Blob", async () => {
    await expect((await openSource(new Blob([content]))).sibling("b.bin")).rejects.toThrow(UsageError);
  });

  it.each([
    "",
    ".",
    "..",
    "../a",
    "..\\a",
    "a/b",
    "a\\b",
    "/etc/hostname",
    "C:a",
    "https://example.com/x",
    "file:a",
    "a\0b",
    "a\nb",
    "a\u0085b",
    "x".repeat(256),
  ])("never have the name %j", (name) => {
    expect(() => siblingName(name, "index")).toThrow(FormatError);
  });

  it.each(["model-00001-of-00002.safetensors", "...", "%2e%2e%2fa", "\u00fc \u{1f999}"])("may have the name %j", (name) => {
    expect(siblingName(name, "index")).toBe(name);
  });
});
