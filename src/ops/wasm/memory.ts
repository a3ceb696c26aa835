// One WebAssembly memory: 4 GiB at most. Lasting regions (weights, caches) are taken from its top; passing ones (activations) go back to free lists.
import { UsageError } from "../../errors.ts";

const PAGE = 65_536; // bytes of a WebAssembly page
const HEAP_START = PAGE; // below it lies the module's own data
/** Bytes that 32-bit addresses reach. */
export const MEMORY_LIMIT = 65_536 * PAGE;

/** Some bytes of a memory, as commands touch them. */
export interface Extent {
  readonly address: number;
  /** A multiple of 32 for a region, so that vectors may run over its end. */
  readonly size: number;
}

/** A piece of a memory that was handed out. */
export interface Region extends Extent {
  /** Bytes that were asked for. */
  readonly byteLength: number;
  readonly heap: Heap;
  /** Whether its memory went back. */
  isFree: boolean;
}

export interface Heap {
  readonly memory: WebAssembly.Memory;
  /** Bytes that were ever handed out at once, free regions between them included. */
  used(): number;
  /** Whether so many more bytes can be lasting. */
  fits(byteLength: number): boolean;
  /** Begins at a multiple of 32, not cleared. What is lasting takes no more than it needs, and no region that was free. @throws UsageError when there is no room */
  allocate(byteLength: number, use: "passing" | "lasting"): Region;
  free(region: Region): void;
  /** Views die when the memory grows: take them anew after every allocation. */
  floats(region: Region): Float32Array;
  ints(region: Region): Int32Array;
  bytes(region: Region): Uint8Array;
}

/** @param limit bytes that the memory may grow to, at most {@link MEMORY_LIMIT} */
export function createHeap(shared: boolean, limit: number): Heap {
  const mostPages = Math.floor(limit / PAGE);
  const memory = openMemory(mostPages, shared);
  let top = HEAP_START;
  // From size class to addresses. The one that is free the longest goes first: commands that used the last one may stand in the same phase.
  const freed = new Map<number, number[]>();

  const heap: Heap = {
    memory,
    used: () => top,
    fits: (byteLength) => top + byteLength <= mostPages * PAGE,
    allocate(byteLength, use) {
      const size = use === "lasting" ? roundUp(byteLength, 32) : sizeClass(byteLength);
      let address = use === "lasting" ? undefined : freed.get(size)?.shift();
      if (address === undefined) {
        address = top;
        growTo(memory, top + size, mostPages);
        top += size;
      }
      return { address, byteLength, size, heap, isFree: false };
    },
    free(region) {
      const { address, size } = region;
      region.isFree = true;
      const addresses = freed.get(size);
      if (addresses) addresses.push(address);
      else freed.set(size, [address]);
    },
    floats: ({ address, byteLength }) => new Float32Array(memory.buffer, address, byteLength / 4),
    ints: ({ address, byteLength }) => new Int32Array(memory.buffer, address, byteLength / 4),
    bytes: ({ address, byteLength }) => new Uint8Array(memory.buffer, address, byteLength),
  };
  return heap;
}

const roundUp = (n: number, step: number): number => Math.ceil(n / step) * step;

/** Sizes are rounded up to one of four steps between powers of two, so that prompts of similar lengths share free regions. */
function sizeClass(byteLength: number): number {
  if (byteLength <= 128) return byteLength <= 64 ? 64 : 128;
  if (byteLength > 2 ** 30) return roundUp(byteLength, 2 ** 28);
  const step = 1 << (29 - Math.clz32(byteLength - 1));
  return roundUp(byteLength, Math.max(step, 32));
}

function openMemory(mostPages: number, shared: boolean): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: 2, maximum: mostPages, shared });
  } catch (cause) {
    throw new UsageError(
      `the wasm backend cannot have another memory here (of up to ${mostPages / 16} MiB): use a smaller model, or give back models that are not needed any more (dispose)`,
      { cause },
    );
  }
}

function growTo(memory: WebAssembly.Memory, end: number, mostPages: number): void {
  const pages = memory.buffer.byteLength / PAGE;
  const missing = Math.ceil(end / PAGE) - pages;
  if (missing <= 0) return;
  try {
    if (pages + missing > mostPages) throw new RangeError(`${mostPages * PAGE} bytes are full`);
    // Room ahead, which takes nothing before it is used: V8 collects garbage after each time that a memory grew.
    memory.grow(Math.min(Math.max(missing, 64, pages >> 2), mostPages - pages));
  } catch (cause) {
    const mebibytes = (bytes: number): number => Math.ceil(bytes / 2 ** 20);
    throw new UsageError(
      `the wasm backend needs ${mebibytes(end)} MiB in one memory and cannot have them (a memory holds ${mebibytes(mostPages * PAGE)} MiB here): use a smaller model, or a shorter context (--ctx)`,
      { cause },
    );
  }
}
