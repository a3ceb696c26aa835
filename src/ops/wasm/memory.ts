// One WebAssembly memory: 4 GiB at most. Lasting regions (weights, caches) are taken from its top; passing ones (activations) go back to free lists.
import { UsageError } from "../../errors.ts";

const PAGE = 65_536; // bytes of a WebAssembly page
const HEAP_START = PAGE; // below it lies the module's own data
/** Bytes that 32-bit addresses reach. */
export const MEMORY_LIMIT = 65_536 * PAGE;

/** A piece of a memory. */
export interface Region {
  readonly address: number;
  readonly byteLength: number;
  /** Bytes that are taken for it: a multiple of 32, so that vectors may run over its end. */
  readonly size: number;
}

export interface Heap {
  readonly memory: WebAssembly.Memory;
  /** Bytes that were ever handed out at once, free regions between them included. */
  used(): number;
  /** Whether so many more bytes can be lasting. */
  fits(byteLength: number): boolean;
  /** Sixteen-byte aligned, not cleared. What is lasting takes no more than it needs, and no region that was free. @throws UsageError when there is no room */
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
  const memory = new WebAssembly.Memory({ initial: 2, maximum: mostPages, shared });
  let top = HEAP_START;
  const freed = new Map<number, number[]>(); // size class to addresses

  return {
    memory,
    used: () => top,
    fits: (byteLength) => top + byteLength <= mostPages * PAGE,
    allocate(byteLength, use) {
      const size = use === "lasting" ? roundUp(byteLength, 32) : sizeClass(byteLength);
      let address = use === "lasting" ? undefined : freed.get(size)?.pop();
      if (address === undefined) {
        address = top;
        growTo(memory, top + size, mostPages);
        top += size;
      }
      return { address, byteLength, size };
    },
    free({ address, size }) {
      const addresses = freed.get(size);
      if (addresses) addresses.push(address);
      else freed.set(size, [address]);
    },
    floats: ({ address, byteLength }) => new Float32Array(memory.buffer, address, byteLength / 4),
    ints: ({ address, byteLength }) => new Int32Array(memory.buffer, address, byteLength / 4),
    bytes: ({ address, byteLength }) => new Uint8Array(memory.buffer, address, byteLength),
  };
}

const roundUp = (n: number, step: number): number => Math.ceil(n / step) * step;

/** Sizes are rounded up to one of four steps between powers of two, so that prompts of similar lengths share free regions. */
function sizeClass(byteLength: number): number {
  if (byteLength <= 64) return 64;
  const step = 2 ** (Math.floor(Math.log2(byteLength - 1)) - 2);
  return roundUp(byteLength, Math.max(step, 32));
}

function growTo(memory: WebAssembly.Memory, end: number, mostPages: number): void {
  const pages = memory.buffer.byteLength / PAGE;
  const missing = Math.ceil(end / PAGE) - pages;
  if (missing <= 0) return;
  try {
    if (pages + missing > mostPages) throw new RangeError(`${mostPages * PAGE} bytes are full`);
    // Some room ahead, so that small allocations do not grow the memory one by one.
    memory.grow(Math.min(Math.max(missing, 64), mostPages - pages));
  } catch (cause) {
    const mebibytes = (bytes: number): number => Math.ceil(bytes / 2 ** 20);
    throw new UsageError(
      `the wasm backend needs ${mebibytes(end)} MiB in one memory and cannot have them (a memory holds ${mebibytes(mostPages * PAGE)} MiB here): use a smaller model, or a shorter context (--ctx)`,
      { cause },
    );
  }
}
