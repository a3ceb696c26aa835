// Files that lie, files cut short at every byte, files with random damage: each is read, or refused by a FormatError.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { goldenPath, readGolden, testAll } from "../../test/goldens.ts";
import { FormatError } from "../errors.ts";
import { createRng, type Rng } from "../tensor/rng.ts";
import { ByteCursor } from "./byte-cursor.ts";
import { readHeader } from "./gguf/header.ts";
import { openGguf } from "./gguf/open.ts";
import type { SourceLike } from "./open-source.ts";
import { openSafetensors } from "./safetensors/open.ts";
import type { TensorFile } from "./tensor-file.ts";

type Open = (source: SourceLike) => Promise<TensorFile>;

function golden(name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(goldenPath(`quant/${name}`) as string));
}

/** Opens the file and reads all of its tensors. Returns the refusal, if it was one. */
async function refusal(open: Open, source: SourceLike): Promise<Error | undefined> {
  try {
    const file = await open(source);
    for (const tensor of file.tensors.values()) await tensor.read();
    await file.close();
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
}

/** What `must` of an index asks of a reader of files: "load", "reject", or undefined when either will do. */
function verdict(must: string): "load" | "reject" | undefined {
  if (must.startsWith("model loader") || / or /.test(must)) return undefined;
  return must.replace("file reader: ", "").startsWith("load") ? "load" : "reject";
}

describe.each<[string, Open]>([
  ["hostile-gguf", openGguf],
  ["hostile-safetensors", openSafetensors],
])("%s", (folder, open) => {
  it.each<{ file: string; wrong: string; must: string }>(readGolden(`quant/${folder}/index.json`).files)(
    "$file ($wrong): $must",
    async ({ file, must }) => {
      const path = goldenPath(`quant/${folder}/${file}`) as string;
      const refused = await refusal(open, path);
      const expected = verdict(must);
      if (expected) expect(refused ? "reject" : "load", refused?.message).toBe(expected);
      if (!refused) return;
      expect(refused.message).toContain(path);
      expect(refused.message).toMatch(/byte \d+|key "/);
    },
  );
});

it("big-endian files are refused with a message that says so", async () => {
  expect((await refusal(openGguf, goldenPath("quant/hostile-gguf/big-endian.gguf") as string))?.message).toMatch(/big-endian/);
});

/** Where the last tensor ends: the padding behind it may be missing. */
function ggufEnd(bytes: Uint8Array): number {
  const { tensors } = readHeader(new ByteCursor("", bytes, bytes.length));
  return Math.max(...[...tensors.values()].map(({ offset, byteLength }) => offset + byteLength));
}

const safetensorsEnd = (bytes: Uint8Array): number => bytes.length;

it.each<[string, Open, (bytes: Uint8Array) => number]>([
  ["hostile-gguf/ok-minimal.gguf", openGguf, ggufEnd],
  ["gguf/zoo-nested.gguf", openGguf, ggufEnd],
  ["hostile-safetensors/ok.safetensors", openSafetensors, safetensorsEnd],
  ["safetensors/zoo.safetensors", openSafetensors, safetensorsEnd],
])("%s cut short is a FormatError at every length", async (name, open, end) => {
  const bytes = golden(name);
  expect(await refusal(open, new Blob([bytes.subarray(0, end(bytes))]))).toBeUndefined();
  for (let length = 0; length < end(bytes); length++) {
    const refused = await refusal(open, new Blob([bytes.subarray(0, length)]));
    expect(refused, `${length} of ${bytes.length} bytes`).toBeInstanceOf(FormatError);
  }
});

/** Values that tend to break readers: ends of integer ranges, and what overflows when multiplied. */
const extremes = [0n, 1n, 2n ** 31n - 1n, 2n ** 32n - 1n, 2n ** 53n, 2n ** 61n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n];

function damage(bytes: Uint8Array<ArrayBuffer>, headerBytes: number, rng: Rng): Uint8Array<ArrayBuffer> {
  const damaged = bytes.slice();
  const view = new DataView(damaged.buffer);
  for (let n = 1 + rng.integer(3); n > 0; n--) {
    const at = rng.integer(headerBytes);
    if (rng.integer(4) === 0) view.setBigUint64(Math.min(at, bytes.length - 8), extremes[rng.integer(extremes.length)], true);
    else damaged[at] ^= 1 << rng.integer(8);
  }
  return damaged;
}

it.each<[string, number, Open]>([
  ["gguf/zoo.gguf", 4700, openGguf],
  ["gguf/zoo-nested.gguf", 3700, openGguf],
  ["hostile-gguf/ok-minimal.gguf", 128, openGguf],
  ["safetensors/zoo.safetensors", 1168, openSafetensors],
  ["hostile-safetensors/shards-ok/model.safetensors.index.json", 146, openSafetensors],
])("%s with random damage is read or refused, in little memory", async (name, headerBytes, open) => {
  const bytes = golden(name);
  const rng = createRng(42);
  const before = process.resourceUsage().maxRSS;
  for (let i = 0; i < (testAll ? 20_000 : 1000); i++) await refusal(open, new File([damage(bytes, headerBytes, rng)], name));
  expect((process.resourceUsage().maxRSS - before) / 1024).toBeLessThan(256); // MB
});
