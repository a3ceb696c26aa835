// Which memory a weight goes to. Layers stay whole, each with its part of the key/value cache: what crosses from one memory to another is copied.
import type { Room } from "./room.ts";

/** How weights are to be spread over memories, so that what works together lies in one. */
export interface PlacePlan {
  /** In the order in which they are going to be made: how many weights belong together, and the bytes of them and of their caches. */
  readonly parts: readonly { readonly weights: number; readonly bytes: number; readonly cacheBytes: number }[];
  /** Bytes that activations need in each memory, about. */
  readonly working: number;
}

/**
 * @param parts   what is going to be loaded
 * @param roomFor a room with place for so many bytes more
 * @returns       the room of each weight, asked for in the order of the parts
 */
export function createPlacement(parts: PlacePlan["parts"], roomFor: (byteLength: number) => Room): (byteLength: number) => Room {
  let next = 0; // part
  let missing = 0; // weights of the present one
  let promised = 0; // bytes of the caches that the present room will hold
  let present: Room | undefined;
  const enter = (room: Room): Room => {
    if (room !== present) promised = 0;
    present = room;
    return room;
  };
  return (byteLength) => {
    if (missing === 0 && next < parts.length) {
      const { weights, bytes, cacheBytes } = parts[next++];
      enter(roomFor(bytes + cacheBytes + promised));
      promised += cacheBytes;
      missing = weights;
    }
    missing = Math.max(0, missing - 1);
    return enter(roomFor(byteLength)); // a part may be larger than a memory
  };
}
