// A room: one memory, its kernels on this thread, and the commands recorded for it. Commands run when a value is read, or when there is no place for
// more; while they run, further ones are recorded behind them. What comes from another room is a crossing in the list: behind it nothing runs before
// the other room has got as far as it had been recorded.
import { InternalError } from "../../errors.ts";
import { instantiate, type KernelBuild, type Kernels } from "./build.ts";
import { createHeap, type Extent, type Heap, type Region } from "./memory.ts";
import { AFTER_BARRIER, BY_EACH, INPUT } from "./opcodes.ts";
import { createPhases } from "./phases.ts";
import { CONTROL_BYTES, LOST_AFTER, type Patience, type Team, type TeamRoom } from "./team.ts";

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
  /** What is recorded from now on runs after all that was recorded before, whatever it touches. */
  barrier(): void;
  /** Values from outside, put into a region when the commands before have run. */
  recordInput(region: Region, values: Int32Array | Float32Array): void;
  /** Memory of its own for each thread. @returns address and bytes of each */
  scratch(bytes: number): readonly [number, number];
  /** Runs what is recorded to its end. */
  run(): void;
  /** Values of another room, as they are when what is recorded there has run; put into a region when the commands before have run. */
  recordCrossing(from: Room, source: Region, target: Region): void;
  /** `body` of the moment when what is recorded has run, before anything that is recorded later. Lets the event loop turn where threads are slow. */
  afterwards<R>(body: () => R): Promise<R>;
  /** Calls `take` at that moment, whoever lets the commands run. @returns runs them; false when a thread lets wait for it: call again */
  due(take: () => void): (patience: Patience) => boolean;
}

/** A place in the list of commands that waits for values of another room. */
interface Crossing {
  readonly at: number;
  readonly target: Region;
  /** Lets the other room run as far as it has to. */
  readonly fetch: (patience: Patience) => boolean;
  values?: Int32Array;
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
  kernels.useJoinedVectors(Number(build.turbo));

  let words = heap.ints(region);
  // Words of commands: those that have run, those that run now or have run, all that are recorded.
  let ran = 0;
  let ends = 0;
  let used = 0;
  let running = false;
  let awaited: { readonly after: number; readonly take: () => void }[] = []; // in order
  const crossings: Crossing[] = []; // in order
  let scratch: Region | undefined;

  const emit = (command: ArrayLike<number>): void => {
    if (used + command.length > COMMAND_WORDS) run(Number.POSITIVE_INFINITY, "long");
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
  /** Puts in what crosses over here. */
  const cross = (to: number, patience: Patience): boolean => {
    while (crossings.length > 0 && crossings[0].at === ran && ran < to) {
      const [crossing] = crossings;
      if (!crossing.values && !crossing.fetch(patience)) return false;
      heap.ints(crossing.target).set(crossing.values!);
      crossings.shift();
    }
    return true;
  };
  const begin = (to: number, patience: Patience): boolean => {
    // A job ends where somebody wants to see what there is then: what is recorded behind may use the same memory again.
    const next = [...awaited.map(({ after }) => after), ...crossings.map(({ at }) => at)].filter((word) => word > ran);
    const end = Math.min(to, used, ...next);
    if (!(team()?.start({ room: index, from: start + 4 * ran, end: start + 4 * end, finish }, patience) ?? true)) return false;
    ends = end;
    running = true;
    kernels.join(0, team()?.threads ?? 1);
    kernels.rewind(start + 4 * ran);
    return true;
  };
  /**
   * Runs commands up to a word, or all. Crossings let other rooms run, but only as far as those had been recorded before: rooms that wait for each other do
   * not wait in a circle.
   *
   * @returns false when a thread lets wait for it: call again
   */
  const run = (to: number, patience: Patience): boolean => {
    check();
    takeDue();
    for (let calls = 0; ; ) {
      if (!running) {
        if (!cross(to, patience)) return false;
        if (ran >= Math.min(to, used)) break;
        if (!begin(to, patience)) return false;
      }
      if (!kernels.run(start + 4 * ends, 0)) {
        check();
        if (patience === "short") return false;
        if (++calls > LOST_AFTER) throw new InternalError("the threads of the wasm backend do not answer: load the model again");
        continue;
      }
      running = false;
      ran = ends;
      takeDue();
    }
    if (ran === used) ran = used = 0;
    return true;
  };
  const finish = (patience: Patience): boolean => !running || run(ends, patience);
  const due = (take: () => void): ((patience: Patience) => boolean) => {
    phases.end();
    const after = used;
    awaited.push({ after, take });
    return (patience) => run(after, patience);
  };

  return {
    heap,
    kernels,
    memory: heap.memory,
    control,
    quads: found,
    run() {
      phases.end();
      run(Number.POSITIVE_INFINITY, "long");
    },
    due,
    afterwards: (body) =>
      new Promise((resolve, reject) => {
        let taken = false;
        const reach = due(() => {
          taken = true;
          resolve(body());
        });
        const go = (): void => {
          try {
            if (!taken && !reach("short")) setTimeout(go);
          } catch (error) {
            reject(error);
          }
        };
        go();
      }),
    record: phases.add,
    barrier: phases.end,
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
    recordCrossing(from, source, target) {
      phases.end();
      const fetch = from.due(() => {
        crossing.values = from.heap.ints(source).slice();
      });
      emit([INPUT | BY_EACH, 4, target.address, 0]); // no values: the crossing's place in the list
      const crossing: Crossing = { at: used - 4, target, fetch };
      crossings.push(crossing);
    },
    scratch(bytes) {
      const threads = team()?.threads ?? 1;
      // What is recorded may still use the smaller one, so that stays. Twice as much each time: all of them together are less than twice the largest.
      if (!scratch || scratch.byteLength < bytes * threads)
        scratch = heap.allocate(2 ** Math.ceil(Math.log2(Math.max(bytes, 32))) * threads, "lasting");
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
