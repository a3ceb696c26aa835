// A growing buffer of little-endian values: the counterpart of ByteCursor for headers that are written.

export class ByteWriter {
  #bytes: Uint8Array = new Uint8Array(4096);
  #view: DataView = new DataView(this.#bytes.buffer);
  #length = 0;

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** Takes `length` bytes and says where in the view they begin; fill them before the next call. */
  take(length: number): { view: DataView; offset: number } {
    const offset = this.#length;
    this.#length += length;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#length, 2 * this.#bytes.length));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return { view: this.#view, offset };
  }

  uint32(value: number): void {
    const { view, offset } = this.take(4);
    view.setUint32(offset, value, true);
  }

  uint64(value: number | bigint): void {
    const { view, offset } = this.take(8);
    view.setBigUint64(offset, BigInt(value), true);
  }

  bytes(bytes: Uint8Array): void {
    const { offset } = this.take(bytes.length);
    this.#bytes.set(bytes, offset);
  }

  /** What was written; the writer must not be used afterwards. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}

/** All chunks of a stream in one array. */
export async function collectBytes(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const writer = new ByteWriter();
  for await (const chunk of chunks) writer.bytes(chunk);
  return writer.finish().slice();
}
