// API keys: who may come in. Only their hashes are kept, and comparing takes the same time whatever the key.
import { createHash, timingSafeEqual } from "node:crypto";
import { UsageError } from "../errors.ts";

/** Whose key it is, and its SHA-256 hash. Several keys may have one name: they are one caller, for limits and logs. */
export interface Key {
  readonly name: string;
  readonly hash: Buffer;
}

export interface KeyRing {
  /** The name of the key's owner, for limits and logs; undefined for a key that is none of these. */
  ownerOf(key: string): string | undefined;
  /** From here on these keys, and no others. */
  replace(keys: readonly Key[]): void;
}

/**
 * The lines of a key file or of CRIA_API_KEYS: `KEY`, or `NAME KEY`; instead of the key its hash may stand, as sha256:HEX. Empty lines and those that
 * begin with # are left out. A key without a name is called by the beginning of its hash.
 *
 * @param where names the lines in messages
 * @throws UsageError for a line that is none of these; keys are not told
 */
export function readKeys(text: string, where: string): Key[] {
  return text.split("\n").flatMap((line, i) => {
    const words = line.trim().split(/\s+/);
    if (words[0] === "" || words[0].startsWith("#")) return [];
    if (words.length > 2) throw new UsageError(`${where}, line ${i + 1} has ${words.length} words: expected KEY or NAME KEY`);
    const key = words[words.length - 1];
    const named = (hash: Buffer): Key => ({ name: words.length === 2 ? words[0] : `key-${hash.toString("hex", 0, 4)}`, hash });
    if (!/^sha256:/i.test(key)) return [named(sha256(key))];
    const [, hex] = /^sha256:([0-9a-f]{64})$/i.exec(key) ?? [];
    if (hex === undefined)
      throw new UsageError(`${where}, line ${i + 1} has a hash that is none: expected sha256: and 64 hexadecimal digits`);
    return [named(Buffer.from(hex, "hex"))];
  });
}

export function createKeyRing(keys: readonly Key[]): KeyRing {
  let known = keys;
  return {
    ownerOf(key) {
      const hash = sha256(key);
      let owner: string | undefined;
      // All of them, found or not.
      for (const each of known) if (timingSafeEqual(each.hash, hash)) owner = each.name;
      return owner;
    },
    replace(keys) {
      known = keys;
    },
  };
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
