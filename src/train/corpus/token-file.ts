// The tokens of all documents of one side, one behind the other in a file, and where each document begins: a corpus is read row by row, and never in memory whole.
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { FormatError } from "../../errors.ts";
import { writeWhole } from "../data/disk.ts";
import type { Stretch } from "../rows.ts";
import type { TrainingDocument } from "./document.ts";

export interface TokenFile {
  readonly tokens: number;
  readonly documents: number;
  /** Of the texts, in UTF-8, without the marks of a template. */
  readonly bytes: number;
  /** @param length tokens from place `begin` on; all of them must be there */
  read(begin: number, length: number): Promise<Stretch>;
  close(): Promise<void>;
}

/** One document on its way into a file. */
export interface EncodedDocument {
  readonly side: TrainingDocument["side"];
  readonly ids: readonly number[];
  readonly bytes: number;
}

const sides = ["train", "val"] as const;
const flushTokens = 2 ** 20;

/** Two bytes a token where the vocabulary allows. */
function bytesOfToken(vocabSize: number): 2 | 4 {
  return vocabSize <= 2 ** 16 ? 2 : 4;
}

/** Writes train.ids and val.ids and, when they are whole, train.starts and val.starts. @throws UsageError for a full disk and the like */
export async function writeTokens(folder: string, vocabSize: number, documents: AsyncIterable<EncodedDocument>): Promise<void> {
  const width = bytesOfToken(vocabSize);
  const written = { train: { tokens: 0, bytes: 0, starts: [] as number[] }, val: { tokens: 0, bytes: 0, starts: [] as number[] } };
  await writeWhole(join(folder, "train.ids"), (train) =>
    writeWhole(join(folder, "val.ids"), async (val) => {
      const files = { train, val };
      const waiting = { train: [] as number[], val: [] as number[] };
      const flush = async (side: EncodedDocument["side"]): Promise<void> => {
        await files[side].writeFile(bytesOf(width === 2 ? Uint16Array.from(waiting[side]) : Uint32Array.from(waiting[side])));
        waiting[side] = [];
      };
      for await (const { side, ids, bytes } of documents) {
        const sum = written[side];
        sum.starts.push(sum.tokens);
        for (const id of ids) waiting[side].push(id);
        sum.tokens += ids.length;
        sum.bytes += bytes;
        if (waiting[side].length >= flushTokens) await flush(side);
      }
      for (const side of sides) await flush(side);
    }),
  );
  for (const side of sides) {
    const { tokens, bytes, starts } = written[side];
    await writeWhole(join(folder, `${side}.starts`), (file) => file.writeFile(bytesOf(Float64Array.from([tokens, bytes, ...starts]))));
  }
}

const remade = "remove the folder of tokens, they are made anew";

/** @returns undefined where there is none, or none that is whole @throws FormatError for a damaged one */
export async function openTokens(folder: string, side: TrainingDocument["side"], vocabSize: number): Promise<TokenFile | undefined> {
  const head = await readNumbers(join(folder, `${side}.starts`));
  if (!head) return undefined;
  const [tokens, bytes] = head;
  const starts = head.subarray(2);
  const path = join(folder, `${side}.ids`);
  const file = await open(path).catch((cause) => {
    throw new FormatError(`${path}: cannot be opened (${cause.code}): ${remade}`, { cause });
  });
  const width = bytesOfToken(vocabSize);
  const { size } = await file.stat();
  if (size !== width * tokens) {
    await file.close();
    throw new FormatError(`${path}: has ${size} bytes, expected ${width * tokens}: ${remade}`);
  }
  return {
    tokens,
    documents: starts.length,
    bytes,
    async read(begin, length) {
      const ids = await readIds(file, width, begin, length);
      const within: number[] = [];
      for (let i = firstFrom(starts, begin); i < starts.length && starts[i] < begin + length; i++) within.push(starts[i] - begin);
      return { ids, starts: within };
    },
    close: () => file.close(),
  };
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView<ArrayBuffer>): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

async function readIds(file: FileHandle, width: 2 | 4, begin: number, length: number): Promise<Int32Array> {
  const buffer = new ArrayBuffer(width * length);
  await file.read(new Uint8Array(buffer), 0, width * length, width * begin);
  return Int32Array.from(width === 2 ? new Uint16Array(buffer) : new Uint32Array(buffer));
}

async function readNumbers(path: string): Promise<Float64Array | undefined> {
  const file = await open(path).catch(() => undefined);
  if (!file) return undefined;
  try {
    const { buffer, byteOffset, byteLength } = await file.readFile();
    if (byteLength < 16 || byteLength % 8 !== 0) {
      throw new FormatError(`${path}: has ${byteLength} bytes, which are no whole numbers: ${remade}`);
    }
    return new Float64Array(buffer.slice(byteOffset, byteOffset + byteLength));
  } finally {
    await file.close();
  }
}

/** Index of the first start at `place` or behind. */
function firstFrom(starts: Float64Array, place: number): number {
  let [low, high] = [0, starts.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (starts[middle] < place) low = middle + 1;
    else high = middle;
  }
  return low;
}
