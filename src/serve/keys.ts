// API keys: who may come in. Only their hashes are kept, and comparing takes the same time whatever the key.
import { createHash, timingSafeEqual } from "node:crypto";

export interface KeyRing {
  /** The name of the key's owner, for limits and logs; undefined for a key that is none of these. */
  ownerOf(key: string): string | undefined;
}

/**
 * Lines of a key file or of CRIA_API_KEYS: `KEY`, or `NAME KEY`; instead of the key its hash may stand, as sha256:HEX. Empty lines and those that
 * begin with # are left out.
 *
 * @returns names and SHA-256 hashes
 */
export function readKeys(lines: readonly string[]): { name: string; hash: Buffer }[] {
  const used = lines.map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
  return used.map((line, i) => {
    const words = line.split(/\s+/);
    const [name, key] = words.length > 1 ? words : [`key-${i + 1}`, words[0]];
    const given = /^sha256:([0-9a-f]{64})$/i.exec(key);
    return { name, hash: given ? Buffer.from(given[1], "hex") : sha256(key) };
  });
}

export function createKeyRing(keys: readonly { name: string; hash: Buffer }[]): KeyRing {
  return {
    ownerOf(key) {
      const hash = sha256(key);
      let owner: string | undefined;
      // All of them, found or not.
      for (const each of keys) if (timingSafeEqual(each.hash, hash)) owner = each.name;
      return owner;
    },
  };
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
