// What a template may consume. A chat template comes out of a stranger's model file, so everything it can make grow is counted:
// evaluations, nesting, strings, lists and integers. The numbers leave room for templates and conversations far
// beyond those in use, and keep the worst template at a second or two and a few hundred megabytes.
import { UnsupportedError } from "../../errors.ts";

/** Characters of template source. The longest published chat templates have some 20,000. */
export const MAX_TEMPLATE_LENGTH = 1 << 20;
/** Blocks and expressions inside each other in the source: parentheses, ifs, unary signs. */
export const MAX_NESTING = 100;
/** Evaluations inside each other at run time, through macros, recursive loops and nested data. A third of what Node's default stack holds. */
export const MAX_DEPTH = 600;
/**
 * Evaluations, list elements visited and characters handled (CHARACTERS_PER_STEP to a step), on top of what the input earns.
 * Published templates take some thousand, and about one for each character of a long conversation.
 */
const MAX_STEPS = 10_000_000;
const CHARACTERS_PER_STEP = 8;
const STEPS_PER_INPUT = 4;
/** Characters of any one string, the rendered prompt included. */
const MAX_TEXT = 1 << 25;
/** Elements of any one list that a template makes. */
const MAX_ITEMS = 1_000_000;
/** Length of a range(): the same as in jinja2's sandbox. */
export const MAX_RANGE = 100_000;
/** Integers stay below 2 to this power. */
export const MAX_INTEGER_BITS = 4096;
const INTEGER_BOUND = 1n << BigInt(MAX_INTEGER_BITS);

/** What one rendering has left to spend. Every method throws an UnsupportedError that names the limit. */
export class Budget {
  readonly #allowed: number;
  #spent = 0;
  #depth = 0;

  /** @param inputSize values and characters of the variables: a long conversation earns its own steps */
  constructor(inputSize: number) {
    this.#allowed = MAX_STEPS + STEPS_PER_INPUT * inputSize;
  }

  spend(steps = 1): void {
    this.#spent += steps;
    if (this.#spent > this.#allowed)
      throw new UnsupportedError(`the template does not end within ${this.#allowed.toLocaleString("en")} steps, the limit`);
  }

  /**
   * To be called before a string of this length is made, and for each string that is read through.
   * @param handled the characters that are copied or read, where they are fewer
   */
  text(length: number, handled = length): void {
    if (length > MAX_TEXT)
      throw new UnsupportedError(
        `a string would have ${length.toLocaleString("en")} characters, the limit is ${MAX_TEXT.toLocaleString("en")}`,
      );
    this.spend(1 + handled / CHARACTERS_PER_STEP);
  }

  /** To be called before a list of this length is made. */
  items(count: number): void {
    if (count > MAX_ITEMS)
      throw new UnsupportedError(
        `a list would have ${count.toLocaleString("en")} elements, the limit is ${MAX_ITEMS.toLocaleString("en")}`,
      );
    this.spend(1 + count);
  }

  integer(value: bigint): bigint {
    if (value >= INTEGER_BOUND || value <= -INTEGER_BOUND)
      throw new UnsupportedError(`an integer would pass ${MAX_INTEGER_BITS} bits, the limit`);
    return value;
  }

  /** Goes one level deeper; leave() comes back. An error ends the rendering, so nothing restores the depth after one. */
  enter(): void {
    this.spend();
    this.#depth++;
    if (this.#depth > MAX_DEPTH)
      throw new UnsupportedError(
        `the template nests more than ${MAX_DEPTH} evaluations, the limit: a macro or a list that contains itself?`,
      );
  }

  leave(): void {
    this.#depth--;
  }
}
