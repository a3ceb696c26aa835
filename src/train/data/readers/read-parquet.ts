// Parquet: one document a row, its text in one column. Row groups are read one at a time, so the memory is that of the largest; hyparquet takes
// the format apart, node:zlib unpacks what is not packed by Snappy, and limits stand before what a file by strangers asks for.
import * as zlib from "node:zlib";
import { type Compressors, type FileMetaData, parquetMetadataAsync, parquetReadObjects, parquetSchema, snappyUncompress } from "hyparquet";
import { FormatError, UnsupportedError } from "../../../errors.ts";
import { openFile } from "../../../formats/file-source.ts";
import { quote } from "../../../formats/quote.ts";
import { maxDocumentBytes } from "../document.ts";
import { decodeText } from "./decode-text.ts";
import { missingField } from "./read-jsonl.ts";

/** Of the text column in one row group, unpacked. Writers make row groups of 128 MB or less by default. */
const maxColumnBytes = 2 ** 30;

/** Of the footer that describes the file: that of a file with 100,000 row groups has about 100 MB. */
const maxFooterBytes = 128 * 2 ** 20;

export interface ParquetText {
  readonly text: string;
  /** Of the row, from 1 on. */
  readonly number: number;
}

/** Texts stay bytes until their row is known: hyparquet would put U+FFFD for what is not UTF-8. */
const parsers = { stringFromBytes: (bytes: Uint8Array): Uint8Array => bytes };

/**
 * Rows without a text (null) are passed over.
 *
 * @param onBytes is told how many bytes of the file have been read since the last call
 * @throws FormatError for a file that is no Parquet, has no such column of texts, or texts that are not UTF-8; UnsupportedError for what hyparquet or this Node cannot unpack
 */
export async function* readParquet(path: string, field: string, onBytes: (count: number) => void): AsyncGenerator<ParquetText> {
  const source = await openFile(path);
  const file = {
    byteLength: source.size,
    slice: async (start: number, end = source.size) => {
      onBytes(end - start);
      return (await source.read(start, end - start)).buffer as ArrayBuffer;
    },
  };
  try {
    const metadata = await readFooter(path, file);
    checkColumn(path, metadata, field);
    let row = 0;
    for (const group of metadata.row_groups) {
      const rows = Number(group.num_rows);
      const chunk = group.columns.find(({ meta_data: meta }) => meta?.path_in_schema[0] === field)?.meta_data;
      if (!chunk) throw new FormatError(`${path}: the row group from row ${row + 1} on has no column ${quote(field)}`);
      if (Number(chunk.total_uncompressed_size) > maxColumnBytes) {
        throw new UnsupportedError(
          `${path}: ${rows} rows from row ${row + 1} on are one group with ${chunk.total_uncompressed_size} bytes of text, at most ${maxColumnBytes} are read: write the file with smaller row groups`,
        );
      }
      const options = { file, metadata, columns: [field], rowStart: row, rowEnd: row + rows, parsers, compressors: compressorsFor(path) };
      const texts = await parquetReadObjects(options).catch((cause: Error) => refuse(path, `rows from ${row + 1} on`, cause));
      for (const [i, { [field]: bytes }] of texts.entries()) {
        if (!(bytes instanceof Uint8Array)) continue;
        const number = row + i + 1;
        if (bytes.length > maxDocumentBytes) {
          throw new FormatError(`${path}: row ${number} has a text of ${bytes.length} bytes, a document has at most ${maxDocumentBytes}`);
        }
        yield { text: decodeText(bytes, `${path}: row ${number}`, 0), number };
      }
      row += rows;
    }
  } finally {
    await source.close();
  }
}

interface Slices {
  readonly byteLength: number;
  slice(start: number, end?: number): Promise<ArrayBuffer>;
}

async function readFooter(path: string, file: Slices): Promise<FileMetaData> {
  const tail = file.byteLength >= 12 ? new DataView(await file.slice(file.byteLength - 8)) : undefined;
  if (tail?.getUint32(4) !== 0x50415231) throw new FormatError(`${path}: does not end in PAR1: it is no Parquet, or was cut off`);
  const footerBytes = tail.getUint32(0, true);
  if (footerBytes > Math.min(maxFooterBytes, file.byteLength - 12)) {
    throw new FormatError(
      `${path}: byte ${file.byteLength - 8}: a footer of ${footerBytes} bytes, in a file of ${file.byteLength}: at most ${maxFooterBytes} are read`,
    );
  }
  return parquetMetadataAsync(file).catch((cause: Error) => refuse(path, "the footer", cause));
}

function checkColumn(path: string, metadata: FileMetaData, field: string): void {
  const columns = parquetSchema(metadata).children;
  const column = columns.find(({ element }) => element.name === field);
  if (!column) {
    throw missingField(
      path,
      field,
      columns.map(({ element }) => element.name),
    );
  }
  const { type, converted_type: converted, logical_type: logical, repetition_type: repetition } = column.element;
  const isText = type === "BYTE_ARRAY" && repetition !== "REPEATED" && (converted === "UTF8" || logical?.type === "STRING");
  if (!isText) throw new FormatError(`${path}: column ${quote(field)} holds ${type ?? "a group"}, not texts: name another by --field`);
}

/** Of every codec: a page is not unpacked into more than a column may have, whatever its header says. */
function compressorsFor(path: string): Compressors {
  const guarded = (unpack: (input: Uint8Array, length: number) => Uint8Array) => (input: Uint8Array, length: number) => {
    if (!(length >= 0 && length <= maxColumnBytes)) throw new Error(`a page of ${length} bytes, at most ${maxColumnBytes} are read`);
    return unpack(input, length);
  };
  const refused = (codec: string, advice: string) => (): never => {
    throw new UnsupportedError(`${path}: is packed by ${codec}, ${advice}`);
  };
  const zstd = (zlib as { zstdDecompressSync?: (input: Uint8Array, options: object) => Uint8Array }).zstdDecompressSync;
  return {
    SNAPPY: guarded((input, length) => {
      const output = new Uint8Array(length);
      snappyUncompress(input, output);
      return output;
    }),
    GZIP: guarded((input, length) => zlib.gunzipSync(input, { maxOutputLength: Math.max(length, 1) })),
    BROTLI: guarded((input, length) => zlib.brotliDecompressSync(input, { maxOutputLength: Math.max(length, 1) })),
    ZSTD: zstd
      ? guarded((input, length) => zstd(input, { maxOutputLength: Math.max(length, 1) }))
      : refused("Zstandard, which Node unpacks from 22.15 on", "take a newer Node, or write it with Snappy or gzip"),
    LZ4: refused("LZ4", "which is not read: write it with Snappy, gzip or Zstandard"),
    LZ4_RAW: refused("LZ4", "which is not read: write it with Snappy, gzip or Zstandard"),
    LZO: refused("LZO", "which is not read: write it with Snappy, gzip or Zstandard"),
  };
}

function refuse(path: string, place: string, cause: Error): never {
  if (cause instanceof UnsupportedError || cause instanceof FormatError) throw cause;
  throw new FormatError(`${path}: ${place} cannot be read: ${cause.message}: it is damaged, or of a kind that is not read`, { cause });
}
