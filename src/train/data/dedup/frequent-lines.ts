// Lines that stand in many places (menus, notices, licences) go, as in Llama 3 (Grattafiori et al. 2024, section 3.1.1: seen more than six times in
// a bucket of 30 million documents) and ccNet (Wenzek et al. 2020). All of their occurrences go, the first ones too. A line is compared without regard
// to case and to spaces at its ends.
//
// Memory: a table of 24 bytes for each different line, at most `maxKeys` at a time (see find-duplicates.ts), and 24 for each line that goes.
import { lineKey } from "../clean.ts";
import { trimLines } from "../normalise/characters.ts";
import type { PartReader } from "../parts.ts";
import { defaultMaxKeys, fates } from "./find-duplicates.ts";
import { createKeyTable } from "./key-table.ts";

export interface FrequentLines {
  /** Different ones. */
  readonly size: number;
  /** Whether the document has one. */
  stand(document: number): boolean;
  /** The text without them, and those that went. */
  remove(text: string): { readonly text: string; readonly removed: readonly string[] };
}

/**
 * @param fate documents that are not kept are not counted
 * @param most how often a line may stand; undefined: as often as it likes
 */
export async function findFrequentLines(
  parts: PartReader,
  fate: Uint8Array,
  most: number | undefined,
  signal?: AbortSignal,
  maxKeys: number = defaultMaxKeys,
): Promise<FrequentLines> {
  const frequent = createKeyTable();
  const documents = new Uint8Array(parts.documents);
  const forEachLine = async (visit: (high: number, low: number, document: number) => void): Promise<void> => {
    const ends = parts.column("lineEnds");
    const lines = parts.column("lines")[Symbol.asyncIterator]();
    for await (const { first, values } of ends) {
      signal?.throwIfAborted();
      const { values: keys } = (await lines.next()).value;
      for (let i = 0, line = 0; i < values.length; i++) {
        if (fate[first + i] !== fates.kept) line = values[i];
        for (; line < values[i]; line++) visit(keys[2 * line], keys[2 * line + 1], first + i);
      }
    }
  };

  if (most !== undefined) {
    const slices = Math.max(1, Math.ceil(parts.lines / maxKeys));
    for (let slice = 0; slice < slices; slice++) {
      const table = createKeyTable();
      await forEachLine((high, low) => {
        if (high % slices === slice) table.count(high, low);
      });
      table.forEach((high, low, count) => {
        if (count > most) frequent.first(high, low, 0);
      });
    }
    await forEachLine((high, low, document) => {
      if (frequent.get(high, low) !== undefined) documents[document] = 1;
    });
  }

  const key = new Uint32Array(2);
  return {
    size: frequent.size,
    stand: (document) => documents[document] === 1,
    remove(text) {
      const removed: string[] = [];
      const kept = text.split("\n").filter((line) => {
        if (line === "") return true;
        lineKey(line, key, 0);
        const goes = frequent.get(key[0], key[1]) !== undefined;
        if (goes) removed.push(line);
        return !goes;
      });
      return { text: removed.length === 0 ? text : trimLines(kept.join("\n")), removed };
    },
  };
}
