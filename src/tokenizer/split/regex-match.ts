// Matching without a way to hang: backtracking that never visits an (instruction, place) twice. What failed once fails again,
// whatever the start, for nothing here looks back; so finding all matches of a text takes at most length x instructions steps.
// (The idea is RE2's bit-state matcher, https://swtch.com/~rsc/regexp/regexp3.html, with one set of visits for all starts.)

import { UnsupportedError } from "../../errors.ts";
import type { Steps } from "../pauses.ts";
import type { CharSet } from "./char-set.ts";
import { parseRegex, type RegexNode } from "./regex-parse.ts";
import type { Spans, Split } from "./split.ts";
import { charLength } from "./unicode-kinds.ts";

type Instruction =
  | { readonly op: "set" | "optional" | "while"; readonly set: CharSet } // one; one if there; as many as there are
  | { readonly op: "next" | "notNext"; readonly set: CharSet }
  | { readonly op: "lineStart" | "lineEnd" | "textStart" | "textEnd" | "match" }
  | { readonly op: "split"; first: number; second: number }
  | { readonly op: "jump"; to: number };

/** The largest published pattern has about 120; each costs a bit of memory for each byte of a text. */
const MAX_INSTRUCTIONS = 1000;
const LF = 0x0a;

/**
 * A function that appends all matches of a pattern, leftmost first and without overlap, and leaves out what lies between.
 *
 * @throws UnsupportedError for a pattern outside the supported part of the language, naming it
 */
export function regexMatches(pattern: string): Split {
  const program = compile(pattern);
  return (bytes, start, end, out) => new Search(program, bytes, start, end).all(out);
}

function compile(pattern: string): Instruction[] {
  const program: Instruction[] = [];
  const emit = <T extends Instruction>(instruction: T): T => {
    if (program.length >= MAX_INSTRUCTIONS) {
      throw new UnsupportedError(`split pattern ${pattern.slice(0, 200)} compiles to more than ${MAX_INSTRUCTIONS} instructions`);
    }
    program.push(instruction);
    return instruction;
  };

  const add = (node: RegexNode): void => {
    if (node.kind === "set") emit({ op: "set", set: node.set });
    else if (node.kind === "next") emit({ op: node.negative ? "notNext" : "next", set: node.set });
    else if (node.kind === "sequence") for (const part of node.parts) add(part);
    else if (node.kind === "either") addEither(node.parts);
    else if (node.kind === "repeat") addRepeat(node);
    else emit({ op: node.kind });
  };

  const addEither = (parts: readonly RegexNode[]): void => {
    const jumps = parts.slice(0, -1).map((part) => {
      const split = emit({ op: "split", first: program.length + 1, second: 0 });
      add(part);
      const jump = emit({ op: "jump", to: 0 });
      split.second = program.length;
      return jump;
    });
    add(parts[parts.length - 1]);
    for (const jump of jumps) jump.to = program.length;
  };

  const addRepeat = ({ node, min, max, mode }: RegexNode & { kind: "repeat" }): void => {
    for (let i = 0; i < min; i++) {
      const before = program.length;
      add(node);
      if (program.length === before) break; // nothing, however often
    }
    if (mode === "possessive" && node.kind === "set") {
      emit({ op: max === 1 ? "optional" : "while", set: node.set });
      return;
    }
    const choice = (): (() => void) => {
      const split = emit({ op: "split", first: 0, second: 0 });
      const inside = program.length;
      return () => {
        split.first = mode === "lazy" ? program.length : inside;
        split.second = mode === "lazy" ? inside : program.length;
      };
    };
    if (max === Number.POSITIVE_INFINITY) {
      const loop = program.length;
      const close = choice();
      add(node);
      emit({ op: "jump", to: loop });
      close();
      return;
    }
    const open: (() => void)[] = [];
    for (let i = min; i < max; i++) {
      open.push(choice());
      add(node);
    }
    for (const close of open) close();
  };

  add(parseRegex(pattern));
  emit({ op: "match" });
  return program;
}

const PAGE_BITS = 10;
/** Instructions between two steps: about a millisecond. */
const TRIES = 1 << 13;

class Search {
  private readonly program: readonly Instruction[];
  private readonly bytes: Uint8Array;
  private readonly start: number;
  private readonly end: number;
  /** A row of bits for each place, 2^PAGE_BITS places a page; pages behind the search are let go. */
  private readonly pages: (Uint32Array | undefined)[] = [];
  private readonly rowWords: number;
  private behind = 0;
  private tried = 0;
  /** What is still to be tried: instruction, place, instruction, place ... */
  private readonly stack: number[] = [];

  constructor(program: readonly Instruction[], bytes: Uint8Array, start: number, end: number) {
    this.program = program;
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.rowWords = Math.ceil(program.length / 32);
  }

  *all(out: Spans): Steps {
    for (let at = this.start; at <= this.end; ) {
      const stop = yield* this.matchAt(at);
      if (stop !== -1) {
        out.push(at, stop);
        this.forget(stop);
      }
      at = stop > at ? stop : at < this.end ? at + charLength(this.bytes[at]) : at + 1;
    }
  }

  /** Where the match that starts here ends, or -1. */
  private *matchAt(from: number): Steps<number> {
    const { program, bytes, start, end, stack } = this;
    stack.length = 0;
    stack.push(0, from);
    while (stack.length > 0) {
      let at = stack.pop()!;
      let pc = stack.pop()!;
      for (; !this.visited(pc, at); ) {
        if (++this.tried % TRIES === 0) yield;
        const instruction = program[pc];
        const { op } = instruction;
        if (op === "match") return at;
        if (op === "jump") pc = instruction.to;
        else if (op === "split") {
          stack.push(instruction.second, at);
          pc = instruction.first;
        } else if (op === "set" || op === "optional" || op === "while") {
          const has = at < end && instruction.set.hasAt(bytes, at);
          if (!has && op === "set") break;
          if (has) at += charLength(bytes[at]);
          if (!has || op !== "while") pc++;
        } else if (op === "next" || op === "notNext") {
          if ((at < end && instruction.set.hasAt(bytes, at)) !== (op === "next")) break;
          pc++;
        } else {
          const atStart = at === start || (op === "lineStart" && bytes[at - 1] === LF);
          const atEnd = at === end || (op === "lineEnd" && bytes[at] === LF);
          if (!(op === "lineStart" || op === "textStart" ? atStart : atEnd)) break;
          pc++;
        }
      }
    }
    return -1;
  }

  /** Whether this was tried before; now it was. */
  private visited(pc: number, at: number): boolean {
    const place = at - this.start;
    const page = place >> PAGE_BITS;
    this.pages[page] ??= new Uint32Array(this.rowWords << PAGE_BITS);
    const words = this.pages[page];
    const word = (place & ((1 << PAGE_BITS) - 1)) * this.rowWords + (pc >> 5);
    const bit = 1 << (pc & 31);
    if ((words[word] & bit) !== 0) return true;
    words[word] |= bit;
    return false;
  }

  /** A match ended here: what was tried here did not all fail, and what lies before is not asked for again. */
  private forget(at: number): void {
    const place = at - this.start;
    const row = (place & ((1 << PAGE_BITS) - 1)) * this.rowWords;
    this.pages[place >> PAGE_BITS]?.fill(0, row, row + this.rowWords);
    for (; this.behind < place >> PAGE_BITS; this.behind++) this.pages[this.behind] = undefined;
  }
}
