// The result: documents as lines of JSON in files of some size, train-00000.jsonl and so on. Which document stands where is settled before the first
// is written, so a run that was ended goes on at the first shard that is not there.
import { access } from "node:fs/promises";
import { join } from "node:path";
import { writeWhole } from "./disk.ts";
import type { CleanDocument } from "./parts.ts";

/** Of text, in one shard; the last document may go beyond. */
const shardBytes = 64 * 2 ** 20;
const flushBytes = 2 ** 20;

export interface Shard {
  readonly name: string;
  /** Numbers of documents, in order. */
  readonly documents: Uint32Array;
}

/** @param bytes of the document with a number */
export function planShards(side: "train" | "val", order: Uint32Array, bytes: (number: number) => number): Shard[] {
  const shards: Shard[] = [];
  let start = 0;
  let size = 0;
  for (let i = 0; i < order.length; i++) {
    size += bytes(order[i]);
    if (size < shardBytes && i < order.length - 1) continue;
    shards.push({ name: `${side}-${String(shards.length).padStart(5, "0")}.jsonl`, documents: order.subarray(start, i + 1) });
    start = i + 1;
    size = 0;
  }
  return shards;
}

export interface WriteOptions {
  /** Of a number, as it shall be written. */
  readonly document: (number: number) => Promise<CleanDocument>;
  readonly signal?: AbortSignal;
  /** Documents that are written or were before. */
  readonly onDocuments?: (count: number) => void;
}

/** Writes the shards that are not there yet. */
export async function writeShards(folder: string, shards: readonly Shard[], options: WriteOptions): Promise<void> {
  const { document, signal, onDocuments = () => {} } = options;
  for (const { name, documents } of shards) {
    const path = join(folder, name);
    const exists = await access(path).then(
      () => true,
      () => false,
    );
    if (exists) {
      onDocuments(documents.length);
      continue;
    }
    await writeWhole(path, async (file) => {
      let lines: string[] = [];
      let length = 0;
      for (const [i, number] of documents.entries()) {
        const { id, source, text } = await document(number);
        const line = JSON.stringify({ id, source, text });
        lines.push(line, "\n");
        length += line.length;
        onDocuments(1);
        if (length < flushBytes && i < documents.length - 1) continue;
        signal?.throwIfAborted();
        await file.writeFile(lines.join(""));
        lines = [];
        length = 0;
      }
    });
  }
}
