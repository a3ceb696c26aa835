// Bytes of a Blob or a File (a file input, a drop, IndexedDB), read by slices.
import { type ByteSource, MissingFileError, requireRange } from "./source.ts";

export function openBlob(blob: Blob): ByteSource {
  const name = "name" in blob && typeof blob.name === "string" && blob.name !== "" ? blob.name : "Blob";
  return {
    name,
    size: blob.size,
    async read(offset, length, signal) {
      signal?.throwIfAborted();
      requireRange({ name, size: blob.size }, offset, length);
      const bytes = new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer());
      signal?.throwIfAborted();
      return bytes;
    },
    async sibling(sibling) {
      throw new MissingFileError(
        `${name}: is one part of a model and needs ${sibling}: a Blob has no neighbours, give the path or URL of the first part`,
      );
    },
    async close() {},
  };
}
