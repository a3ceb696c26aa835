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

export function createPacker(room: Room, stored: StorageType, layout: PackedLayout, target: Region): Packer {
  const { rows, columns, rowBytes, panelBytes, number, kind, byteLength } = layout;
  const isVector = panelBytes === rowBytes && rows === 1 && kind === 8 && byteLength === 4 * columns;
  const storedRow = storageBytes(stored, columns)!;
  const rowsAtOnce = 8 * Math.max(1, Math.floor(STAGING / (8 * rowBytes)));
  const { heap, kernels } = room;
  let chunk = new Uint8Array(storedRow * Math.min(rows, rowsAtOnce));
  let filled = 0;
  let row = 0;

  const flush = (): void => {
    const count = filled / storedRow;
    const packed = asPackedType(stored, chunk.subarray(0, filled), layout);
    if (isVector) heap.bytes(target).set(packed);
    else {
      room.run(); // the staging memory may be somebody's until then
      const staging = heap.allocate(packed.length, "passing");
      heap.bytes(staging).set(packed);
      kernels.pack(number, kind, staging.address, rowBytes, target.address + (row / 8) * panelBytes, count, columns);
      heap.free(staging);
    }
    row += count;
    filled = 0;
    if (rows - row < rowsAtOnce) chunk = chunk.subarray(0, storedRow * (rows - row));
  };
  return {
    push(bytes) {
      for (let at = 0; at < bytes.length; ) {
        const taken = Math.min(bytes.length - at, chunk.length - filled);
        chunk.set(bytes.subarray(at, at + taken), filled);
        filled += taken;
        at += taken;
        if (filled === chunk.length) flush();
      }
    },
  };
}
