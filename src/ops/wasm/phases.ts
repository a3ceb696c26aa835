// Puts recorded commands into phases: between two phases all threads meet at a barrier, inside one they do not. A command goes to the earliest phase that
// its arguments allow, so that products of the same activations stand together though the model names other commands in between.
import type { Extent } from "./memory.ts";
import { AFTER_BARRIER, BY_EACH } from "./opcodes.ts";

/** Phases that further commands can still join. */
const OPEN = 3;

/** What the commands of a phase touch: pairs of first byte and end. */
interface Phase {
  words: number[];
  reads: number[];
  /** Written by every thread in full: may be read in the same phase. */
  writtenByEach: number[];
  /** Written by each thread in part. */
  writtenByParts: number[];
}

export interface Phases {
  add(code: number, reads: readonly (Extent | undefined)[], writes: readonly Extent[], args: ArrayLike<number>, byEach?: boolean): void;
  /** Closes all phases. */
  end(): void;
}

/** @param emit takes the words of a phase that is closed, in order */
export function createPhases(emit: (words: readonly number[]) => void): Phases {
  const open: Phase[] = [];
  const close = (): void => {
    const { words } = open.shift()!;
    words[0] |= AFTER_BARRIER;
    emit(words);
  };
  const phaseFor = (reads: readonly (Extent | undefined)[], writes: readonly Extent[]): Phase => {
    let at = 0;
    for (let p = open.length - 1; p >= 0; p--) {
      const phase = open[p];
      if (
        touches(phase.reads, writes) ||
        touches(phase.writtenByEach, writes) ||
        touches(phase.writtenByParts, writes) ||
        touches(phase.writtenByParts, reads)
      ) {
        at = p + 1;
        break;
      }
      if (touches(phase.writtenByEach, reads)) {
        at = p;
        break;
      }
    }
    if (at < open.length) return open[at];
    if (open.length === OPEN) close();
    const phase = { words: [], reads: [], writtenByEach: [], writtenByParts: [] };
    open.push(phase);
    return phase;
  };

  return {
    add(code, reads, writes, args, byEach = false) {
      const phase = phaseFor(reads, writes);
      for (const region of reads) if (region) phase.reads.push(region.address, region.address + region.size);
      const written = byEach ? phase.writtenByEach : phase.writtenByParts;
      for (const region of writes) written.push(region.address, region.address + region.size);
      const { words } = phase;
      words.push(byEach ? code | BY_EACH : code, args.length + 2);
      for (let i = 0; i < args.length; i++) words.push(args[i]);
    },
    end() {
      while (open.length > 0) close();
    },
  };
}

function touches(ranges: readonly number[], regions: readonly (Extent | undefined)[]): boolean {
  for (let r = 0; r < regions.length; r++) {
    const region = regions[r];
    if (!region) continue;
    const from = region.address;
    const end = from + region.size;
    for (let i = 0; i < ranges.length; i += 2) if (from < ranges[i + 1] && ranges[i] < end) return true;
  }
  return false;
}
