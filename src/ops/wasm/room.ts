// A room: one memory, its kernels on this thread, and the commands recorded for it. Commands run when a value is read, or when there is no place for
// more. Which need a barrier before them follows from what they read and write.
import { InternalError } from "../../errors.ts";
import { instantiate, type KernelBuild, type Kernels } from "./build.ts";
import { createHeap, type Heap, type Region } from "./memory.ts";
import { AFTER_BARRIER, BY_EACH, INPUT } from "./opcodes.ts";
import { CONTROL_BYTES, type Team, type TeamRoom } from "./team.ts";

/** Words of commands that are recorded before they have to run. */
const COMMAND_WORDS = 1 << 18;
/** Words of values in one command. */
const MOST_VALUES = 1 << 16;
/** Calls of 20 ms that a thread waits for others before it takes them for lost, where it cannot hear of it. */
const LOST_AFTER = 3000;

export interface Room extends TeamRoom {
  readonly heap: Heap;
  readonly kernels: Kernels;
  /**
   * Appends a command.
   *
   * @param words its arguments; floats as their bits
   * @param byEach so little work that every thread does all of it
   */
  record(code: number, reads: readonly (Region | undefined)[], writes: readonly Region[], words: readonly number[], byEach?: boolean): void;
  /** Values from outside, put into a region when the commands before have run. */
  recordInput(region: Region, values: Int32Array | Float32Array): void;
  /** Memory of its own for each thread. @returns address and bytes of each */
  scratch(bytes: number): readonly [number, number];
  /** Runs what is recorded to its end. */
  run(): void;
  /** `body` of the moment when what is recorded has run, before anything that is recorded later. Lets the event loop turn where threads are slow. */
  afterwards<R>(body: () => R): Promise<R>;
}

/** What happened to some bytes since the last barrier. */
interface Access {
  readonly from: number;
  readonly to: number;
  readonly kind: "read" | "written by parts" | "written by each";
}

/** @param quads what the dot product of this engine is good for; found out by the first room */
export function createRoom(
  build: KernelBuild,
  limit: number,
  index: number,
  quads: TeamRoom["quads"] | undefined,
  team: () => Team | undefined,
): Room {
  const heap = createHeap(build.shared, limit);
  const kernels = instantiate(build, heap.memory);
  const region = heap.allocate(CONTROL_BYTES + 4 * COMMAND_WORDS, "lasting");
  const control = region.address;
  const start = control + CONTROL_BYTES;
  kernels.begin(control);
  const found = quads ?? probeQuads(kernels, heap);
  kernels.useQuads(Number(found.narrow), Number(found.wide));

  let words = heap.ints(region);
  let used = 0; // words of commands
  let running = false;
  let awaited: (() => void)[] = [];
  let accesses: Access[] = [];
  let scratch: Region | undefined;

  const commandWords = (): Int32Array => {
    if (words.buffer !== heap.memory.buffer) words = heap.ints(region);
    return words;
  };
  /** Whether a command may start while other threads are at those since the last barrier. What each thread has written whole it may read. */
  const isOrdered = (reads: readonly (Region | undefined)[], writes: readonly Region[]): boolean => {
    for (const { from, to, kind } of accesses) {
      for (const region of writes) if (region.address < to && from < region.address + region.size) return false;
      if (kind !== "written by parts") continue;
      for (const region of reads) if (region && region.address < to && from < region.address + region.size) return false;
    }
    return true;
  };
  const touch = (region: Region | undefined, kind: Access["kind"]): void => {
    if (region) accesses.push({ from: region.address, to: region.address + region.size, kind });
  };
  /** @returns false when a thread lets wait for it: call again */
  const run = (patience: "short" | "long"): boolean => {
    if (!running) {
      running = true;
      kernels.join(0, team()?.threads ?? 1);
      kernels.rewind(start);
      team()?.start(index, start + 4 * used);
    }
    for (let i = 0; ; i++) {
      const problem = team()?.problem();
      if (problem) throw problem;
      if (kernels.run(start + 4 * used, 0)) break;
      if (patience === "short") return false;
      if (i > LOST_AFTER) throw new InternalError("the threads of the wasm backend do not answer: load the model again");
    }
    running = false;
    used = 0;
    accesses = [];
    const due = awaited;
    awaited = [];
    for (const take of due) take();
    return true;
  };
  const place = (count: number): Int32Array => {
    if (running || used + count > COMMAND_WORDS) run("long");
    return commandWords();
  };

  return {
    heap,
    kernels,
    memory: heap.memory,
    control,
    quads: found,
    run() {
      if (running || used > 0) run("long");
    },
    afterwards: (body) =>
      new Promise((resolve, reject) => {
        awaited.push(() => resolve(body()));
        const go = (): void => {
          try {
            if (!run("short")) setTimeout(go);
          } catch (error) {
            reject(error);
          }
        };
        go();
      }),
    record(code, reads, writes, args, byEach = false) {
      const to = place(args.length + 2);
      const ordered = isOrdered(reads, writes);
      if (!ordered) accesses = [];
      for (const region of reads) touch(region, "read");
      for (const region of writes) touch(region, byEach ? "written by each" : "written by parts");
      let at = CONTROL_BYTES / 4 + used;
      to[at++] = code | (ordered ? 0 : AFTER_BARRIER) | (byEach ? BY_EACH : 0);
      to[at++] = args.length + 2;
      for (let i = 0; i < args.length; i++) to[at++] = args[i];
      used += args.length + 2;
    },
    recordInput(region, values) {
      const source = new Int32Array(values.buffer, values.byteOffset, values.length);
      for (let from = 0; from < source.length; from += MOST_VALUES) {
        const part = source.subarray(from, from + MOST_VALUES);
        const target = { ...region, address: region.address + 4 * from };
        const to = place(part.length + 4);
        const ordered = isOrdered([], [target]);
        if (!ordered) accesses = [];
        touch(target, "written by each");
        const at = CONTROL_BYTES / 4 + used;
        to[at] = INPUT | BY_EACH | (ordered ? 0 : AFTER_BARRIER);
        to[at + 1] = part.length + 4;
        to[at + 2] = target.address;
        to[at + 3] = part.length;
        to.set(part, at + 4);
        used += part.length + 4;
      }
    },
    scratch(bytes) {
      const threads = team()?.threads ?? 1;
      if (!scratch || scratch.byteLength < bytes * threads) scratch = heap.allocate(Math.ceil(bytes / 32) * 32 * threads, "lasting");
      return [scratch.address, scratch.byteLength / threads];
    },
  };
}

/** Lets the engine's dot product say what it does with bytes that the specification leaves to it. */
function probeQuads(kernels: Kernels, heap: Heap): { narrow: boolean; wide: boolean } {
  const region = heap.allocate(48, "lasting");
  const exactFor = (bytes: readonly number[], signed: boolean): boolean =>
    [127, -127].every((x) =>
      bytes.every((w) => {
        const memory = new Int8Array(heap.memory.buffer, region.address, 48);
        memory.fill(x, 0, 16).fill(w, 16, 32).fill(0, 32);
        kernels.probeQuads(region.address, region.address + 16, region.address + 32);
        const expected = 4 * x * (signed && w > 127 ? w - 256 : w);
        return heap
          .ints(region)
          .subarray(8, 12)
          .every((sum) => sum === expected);
      }),
    );
  // One instruction on x86 with VNNI (unsigned codes) and on ARM with the dot product (signed ones). Elsewhere the sum is put together from several, and
  // saturates for codes of 128 and more: sums of pairs are faster there.
  const wide = exactFor([1, 127, 128, 255], false);
  return { wide, narrow: wide || exactFor([1, 127, 128, 255], true) };
}
