// The one memory of the engine: what is allocated belongs to the innermost scope and goes back to a free list when that scope ends.
import { UsageError } from "../../errors.ts";

const PAGE = 65_536; // bytes of a WebAssembly page
const HEAP_START = PAGE; // below it lies the module's own data
const MOST_PAGES = 65_536; // 4 GiB: what 32-bit addresses reach

/** A piece of the memory. */
export interface Region {
  readonly address: number;
  readonly byteLength: number;
  /** Bytes that are taken for it. */
  readonly size: number;
}

export interface EngineMemory {
  readonly memory: WebAssembly.Memory;
  /** Bytes that were ever handed out at once, free regions between them included. */
  used(): number;
  /** In the innermost scope; sixteen-byte aligned, not cleared. What is lasting (weights, caches) takes no more than it needs. @throws UsageError when 4 GiB do not hold it */
  allocate(byteLength: number, use?: "passing" | "lasting"): Region;
  /** Views die when the memory grows: take them anew after every allocation. */
  floats(region: Region): Float32Array;
  ints(region: Region): Int32Array;
  bytes(region: Region): Uint8Array;
  /** Runs `body` in a scope of its own; `kept` says which of its regions its result needs: they move to the scope around. */
  scope<R>(body: () => R, kept: (result: R) => Iterable<Region>): R;
}

export function createMemory(): EngineMemory {
  const memory = new WebAssembly.Memory({ initial: 2, maximum: MOST_PAGES });
  let top = HEAP_START;
  const free = new Map<number, number[]>(); // size class to addresses
  let live = new Set<Region>();

  const allocate: EngineMemory["allocate"] = (byteLength, use = "passing") => {
    const size = use === "lasting" ? Math.ceil(byteLength / 16) * 16 : sizeClass(byteLength);
    let address = free.get(size)?.pop();
    if (address === undefined) {
      address = top;
      growTo(memory, top + size);
      top += size;
    }
    const region = { address, byteLength, size };
    live.add(region);
    return region;
  };

  return {
    memory,
    used: () => top,
    allocate,
    floats: ({ address, byteLength }) => new Float32Array(memory.buffer, address, byteLength / 4),
    ints: ({ address, byteLength }) => new Int32Array(memory.buffer, address, byteLength / 4),
    bytes: ({ address, byteLength }) => new Uint8Array(memory.buffer, address, byteLength),
    scope(body, kept) {
      const around = live;
      live = new Set();
      try {
        const result = body();
        for (const region of kept(result)) if (live.delete(region)) around.add(region);
        return result;
      } finally {
        for (const { address, size } of live) {
          const addresses = free.get(size);
          if (addresses) addresses.push(address);
          else free.set(size, [address]);
        }
        live = around;
      }
    },
  };
}

/** Sizes are rounded up to one of four steps between powers of two, so that prompts of similar lengths share free regions. */
function sizeClass(byteLength: number): number {
  if (byteLength <= 64) return 64;
  const step = 2 ** (Math.floor(Math.log2(byteLength - 1)) - 2);
  return Math.ceil(byteLength / Math.max(step, 16)) * Math.max(step, 16);
}

function growTo(memory: WebAssembly.Memory, end: number): void {
  const missing = Math.ceil(end / PAGE) - memory.buffer.byteLength / PAGE;
  if (missing <= 0) return;
  try {
    // Some room ahead, so that small allocations do not grow the memory one by one.
    memory.grow(Math.min(Math.max(missing, 64), MOST_PAGES - memory.buffer.byteLength / PAGE));
    if (memory.buffer.byteLength < end) throw new RangeError("4 GiB are full");
  } catch (cause) {
    const mebibytes = Math.ceil(end / 2 ** 20);
    throw new UsageError(
      `the wasm backend needs ${mebibytes} MiB and cannot have them (one memory holds 4096): use a smaller model or context`,
      {
        cause,
      },
    );
  }
}
