// Reads protocol buffers (https://protobuf.dev/programming-guides/encoding) without a schema: whoever walks the fields knows their numbers.
// Only what tokenizer.model needs. The bytes come from strangers: every length is checked against its message, and each complaint has an offset.
import { FormatError } from "../../errors.ts";

const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;
const FIXED32 = 5;
const wireNames: ReadonlyMap<number, string> = new Map([
  [VARINT, "varint"],
  [FIXED64, "64-bit"],
  [LENGTH, "length-delimited"],
  [FIXED32, "32-bit"],
]);

const utf8: TextDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A piece of a file: `bytes[start, end)`. */
interface Region {
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** One field of a message; its methods read it as what the caller expects. @throws FormatError when it is something else */
export class ProtoField {
  readonly number: number;
  /** Of the field in the file. */
  readonly offset: number;
  readonly #wireType: number;
  readonly #region: Region;

  constructor(number: number, offset: number, wireType: number, region: Region) {
    this.number = number;
    this.offset = offset;
    this.#wireType = wireType;
    this.#region = region;
  }

  /** An int32, enum or bool: the low 32 bits with their sign. */
  int32(): number {
    this.#expect(VARINT);
    return readVarint(this.#region, this.#region.start).low | 0;
  }

  bool(): boolean {
    return this.int32() !== 0;
  }

  float(): number {
    const { bytes, start } = this.#expect(FIXED32);
    return new DataView(bytes.buffer, bytes.byteOffset + start, 4).getFloat32(0, true);
  }

  bytes(): Uint8Array {
    const { bytes, start, end } = this.#expect(LENGTH);
    return bytes.subarray(start, end);
  }

  text(): string {
    const bytes = this.bytes();
    try {
      return utf8.decode(bytes);
    } catch {
      throw this.error("the text is not UTF-8");
    }
  }

  /** The fields of a message inside this one. */
  message(): Generator<ProtoField> {
    return fieldsOf(this.#expect(LENGTH));
  }

  error(message: string): FormatError {
    return new FormatError(`${this.#region.file}: byte ${this.offset}: field ${this.number}: ${message}`);
  }

  #expect(wireType: number): Region {
    if (this.#wireType !== wireType) throw this.error(`is ${wireNames.get(this.#wireType)}, expected ${wireNames.get(wireType)}`);
    return this.#region;
  }
}

/** The fields of a whole file, in its order. `file` names it in errors. */
export function protoFields(bytes: Uint8Array, file: string): Generator<ProtoField> {
  return fieldsOf({ file, bytes, start: 0, end: bytes.length });
}

function* fieldsOf(message: Region): Generator<ProtoField> {
  const { file, bytes, end: messageEnd } = message;
  for (let offset = message.start; offset < messageEnd; ) {
    const { low: tag, end: start } = readVarint(message, offset);
    const number = tag >>> 3;
    const wireType = tag & 7;
    const fail = (what: string): FormatError =>
      new FormatError(`${file}: byte ${offset}: ${what}: this is not a SentencePiece model, or it is damaged`);
    if (number === 0 || !wireNames.has(wireType)) throw fail(`field ${number} of wire type ${wireType} does not exist`);
    const { from, length } = extent(message, start, wireType);
    if (length > messageEnd - from) throw fail(`field ${number} needs ${length} bytes, ${messageEnd - from} are left`);
    yield new ProtoField(number, offset, wireType, { file, bytes, start: from, end: from + length });
    offset = from + length;
  }
}

/** Where the value of a field starts and how many bytes it claims. */
function extent(message: Region, start: number, wireType: number): { from: number; length: number } {
  if (wireType === FIXED32) return { from: start, length: 4 };
  if (wireType === FIXED64) return { from: start, length: 8 };
  const { low, high, end } = readVarint(message, start);
  if (wireType === VARINT) return { from: start, length: end - start };
  return { from: end, length: high * 2 ** 32 + low };
}

/** A 64-bit varint as two unsigned halves, and where it ends. */
function readVarint({ file, bytes, end }: Region, start: number): { low: number; high: number; end: number } {
  let low = 0;
  let high = 0;
  for (let i = 0; i < 10; i++) {
    if (start + i >= end)
      throw new FormatError(`${file}: byte ${start}: a number is cut off: the file is damaged or the download is incomplete`);
    const bits = bytes[start + i] & 0x7f;
    if (i < 4) low |= bits << (7 * i);
    else if (i === 4) {
      low |= bits << 28;
      high |= bits >> 4;
    } else high |= bits << (7 * i - 32);
    if (bytes[start + i] < 0x80) return { low: low >>> 0, high: high >>> 0, end: start + i + 1 };
  }
  throw new FormatError(`${file}: byte ${start}: a number takes more than 10 bytes`);
}
