// Keys and the file that they come from.
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createKeyRing, readKeys } from "./keys.ts";

const hashOf = (key: string): string => `sha256:${createHash("sha256").update(key).digest("hex")}`;

describe("a key file", () => {
  it("has keys, names before them, hashes instead of them, and remarks", () => {
    const ring = createKeyRing(readKeys(`# of the house\n\none\n  ann   two\r\nbob ${hashOf("three")}\nann four\n`, "keys.txt"));
    expect(["one", "two", "three", "four", "five", ""].map((key) => ring.ownerOf(key))).toEqual([
      "key-7692c3ad",
      "ann",
      "bob",
      "ann",
      undefined,
      undefined,
    ]);
    // A hash opens nothing: who reads the file has no key.
    expect(ring.ownerOf(hashOf("three"))).toBeUndefined();
  });

  it.each([
    ["a b c", "keys.txt, line 2 has 3 words: expected KEY or NAME KEY"],
    ["ann sha256:12ab", "keys.txt, line 2 has a hash that is none: expected sha256: and 64 hexadecimal digits"],
  ])("refuses %j, and does not tell it", (line, message) => {
    expect(() => readKeys(`fine\n${line}`, "keys.txt")).toThrow(message);
  });
});

it("a ring has the keys that it was given last", () => {
  const ring = createKeyRing(readKeys("ann one", "keys"));
  ring.replace(readKeys("ann two", "keys"));
  expect([ring.ownerOf("one"), ring.ownerOf("two")]).toEqual([undefined, "ann"]);
});
