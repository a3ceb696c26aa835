// A room: one memory, its kernels on this thread, and the commands recorded for it. Commands run when a value is read, or when there is no place for
// more; while they run, further ones are recorded behind them.
import { InternalError } from "../../errors.ts";
import { instantiate, type KernelBuild, type Kernels } from "./build.ts";
import { createHeap, type Extent, type Heap, type Region } from "./memory.ts";
import { AFTER_BARRIER, BY_EACH, INPUT } from "./opcodes.ts";
import { createPhases } from "./phases.ts";
import { CONTROL_BYTES, LOST_AFTER, type Team, type TeamRoom } from "./team.ts";

/** Words of commands that are recorded before they have to run. */
const COMMAND_WORDS = 1 << 18;
/** Words of values in one command. */
const MOST_VALUES = 1 << 16;
/** Words of values that are worth a phase of their own. */
const LARGE_INPUT = 1 << 12;

export interface Room extends TeamRoom {
  readonly heap: Heap;
  readonly kernels: Kernels;
  /**
   * Appends a command.
   *
   * @param words its arguments; floats as their bits
   * @param byEach so little work that every thread does all of it
   */
  record(code: number, reads: readonly (Extent | undefined)[], writes: readonly Extent[], words: readonly number[], byEach?: boolean): void;
  /** Values from outside, put into a region when the commands before have run. */
  recordInput(region: Region, values: Int32Array | Float32Array): void;
  /** Memory of its own for each thread. @returns address and bytes of each */
  scratch(bytes: number): readonly [number, number];
  /** Runs what is recorded to its end. */
  run(): void;
  /** `body` of the moment when what is recorded has run, before anything that is recorded later. Lets the event loop turn where threads are slow. */
  afterwards<R>(body: () => R): Promise<R>;
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
  // Words of commands: those that have run, those that run now or have run, all that are recorded.
  let ran = 0;
  let ends = 0;
  let used = 0;
  let running = false;
  let awaited: { readonly after: number; readonly take: () => void }[] = [];
  let scratch: Region | undefined;

  const emit = (command: ArrayLike<number>): void => {
    if (used + command.length > COMMAND_WORDS) run("long");
    if (words.buffer !== heap.memory.buffer) words = heap.ints(region);
    words.set(command, CONTROL_BYTES / 4 + used);
    used += command.length;
  };
  const phases = createPhases(emit);
  const check = (): void => {
    const problem = team()?.problem();
    if (problem) throw problem;
  };
  const takeDue = (): void => {
    const due = awaited.filter(({ after }) => after <= ran);
    awaited = awaited.filter(({ after }) => after > ran);
    for (const { take } of due) take();
  };
  const begin = (): void => {
    ends = used;
    team()?.start({ room: index, from: start + 4 * ran, end: start + 4 * ends, finish });
    running = true;
    kernels.join(0, team()?.threads ?? 1);
    kernels.rewind(start + 4 * ran);
  };
  /** @returns false when a thread lets wait for it: call again */
  const run = (patience: "short" | "long"): boolean => {
    check();
    takeDue();
    for (let calls = 0; running || ran < used; ) {
      if (!running) begin();
      if (!kernels.run(start + 4 * ends, 0)) {
        check();
        if (patience === "short") return false;
        if (++calls > LOST_AFTER) throw new InternalError("the threads of the wasm backend do not answer: load the model again");
        continue;
      }
      running = false;
      ran = ends;
      takeDue();
      if (ran === used) ran = used = 0;
    }
    return true;
  };
  const finish = (): void => {
    if (running) run("long");
  };

  return {
    heap,
    kernels,
    memory: heap.memory,
    control,
    quads: found,
    run() {
      phases.end();
      run("long");
    },
    afterwards: (body) =>
      new Promise((resolve, reject) => {
        phases.end();
        awaited.push({ after: used, take: () => resolve(body()) });
        const go = (): void => {
          try {
            if (!run("short")) setTimeout(go);
          } catch (error) {
            reject(error);
          }
        };
        go();
      }),
    record: phases.add,
    recordInput(region, values) {
      const source = new Int32Array(values.buffer, values.byteOffset, values.length);
      if (source.length < LARGE_INPUT) {
        phases.add(INPUT, [], [region], [region.address, source.length, ...source], true);
        return;
      }
      phases.end();
      for (let from = 0; from < source.length; from += MOST_VALUES) {
        const part = source.subarray(from, from + MOST_VALUES);
        const command = new Int32Array(part.length + 4);
        command.set([INPUT | BY_EACH | AFTER_BARRIER, command.length, region.address + 4 * from, part.length]);
        command.set(part, 4);
        emit(command);
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
