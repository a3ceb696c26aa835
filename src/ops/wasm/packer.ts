// Fills a weight's place in a memory from the bytes of the file, as they come: at no time is more of it here than a few rows.
import type { StorageType } from "../../tensor/dtype.ts";
import { storageBytes } from "../../tensor/dtype.ts";
import type { Region } from "./memory.ts";
import type { Room } from "./room.ts";
import { asPackedType, type PackedLayout } from "./weights.ts";

/** Bytes of rows that are packed at once, about. */
const STAGING = 1 << 20;

export interface Packer {
  /** The next bytes of the weight, cut anywhere: all of them together are as many as it takes. */
  push(bytes: Uint8Array): void;
}

/** @param spare memory of earlier packers, for this one to use and to give back */
export function createPacker(room: Room, stored: StorageType, layout: PackedLayout, target: Region, spare: Uint8Array[]): Packer {
  const { rows, columns, rowBytes, panelBytes, number, kind, byteLength } = layout;
  const isVector = panelBytes === rowBytes && rows === 1 && kind === 8 && byteLength === 4 * columns;
  const storedRow = storageBytes(stored, columns)!;
  const rowsAtOnce = 8 * Math.max(1, Math.floor(STAGING / (8 * rowBytes)));
  const { heap, kernels } = room;
  let row = 0;
  let filled = 0; // bytes of the next rows
  let chunk: Uint8Array | undefined;

  const pack = (bytes: Uint8Array): void => {
    const packed = asPackedType(stored, bytes, layout);
    if (isVector) heap.bytes(target).set(packed);
    else {
      room.run(); // the staging memory may be somebody's until then
      const staging = heap.allocate(packed.length, "passing");
      heap.bytes(staging).set(packed);
      const count = bytes.length / storedRow;
      kernels.pack(number, kind, staging.address, rowBytes, target.address + (row / 8) * panelBytes, count, columns);
      heap.free(staging);
    }
    row += bytes.length / storedRow;
  };
  return {
    push(bytes) {
      for (let at = 0; at < bytes.length; ) {
        const size = storedRow * Math.min(rowsAtOnce, rows - row);
        const part = bytes.subarray(at, at + size - filled);
        at += part.length;
        if (part.length === size) {
          pack(part);
          continue;
        }
        if (!chunk || chunk.length < size) chunk = spare.pop();
        if (!chunk || chunk.length < size) chunk = new Uint8Array(size);
        chunk.set(part, filled);
        filled += part.length;
        if (filled < size) continue;
        filled = 0;
        pack(chunk.subarray(0, size));
      }
      if (row === rows && chunk) {
        spare.push(chunk);
        chunk = undefined;
      }
    },
  };
}
