// What a template may consume. A chat template comes out of a stranger's model file, so everything it can make grow is counted:
// evaluations, nesting, strings, lists and integers. The numbers leave two orders of magnitude over what real templates and
// conversations of a million tokens need, and keep the worst template at a second or two and a few hundred megabytes.
import { UnsupportedError } from "../../errors.ts";

/** Characters of template source. The longest published chat templates have some 20,000. */
export const MAX_TEMPLATE_LENGTH = 1 << 20;
/** Blocks and expressions inside each other in the source: parentheses, ifs, unary signs. */
export const MAX_NESTING = 100;
/** Evaluations inside each other at run time, through macros, recursive loops and nested data. A fifth of what the JavaScript stack holds. */
export const MAX_DEPTH = 600;
/** Evaluations, list elements visited and characters handled (CHARACTERS_PER_STEP to a step), on top of one step a value of the input. */
export const MAX_STEPS = 10_000_000;
const CHARACTERS_PER_STEP = 8;
/** Characters of any one string, the rendered prompt included. */
export const MAX_TEXT = 1 << 25;
/** Elements of any one list that a template makes. */
export const MAX_ITEMS = 1_000_000;
/** Length of a range(): the same as in jinja2's sandbox. */
export const MAX_RANGE = 100_000;
/** Integers stay below 2 to this power. */
export const MAX_INTEGER_BITS = 4096;
const INTEGER_BOUND = 1n << BigInt(MAX_INTEGER_BITS);

/** What one rendering has left to spend. Every method throws an UnsupportedError that names the limit. */
export class Budget {
  #steps: number;
  #depth = 0;

  /** @param inputSize values and characters of the variables: a long conversation earns its own steps */
  constructor(inputSize: number) {
    this.#steps = MAX_STEPS + inputSize;
  }

  spend(steps = 1): void {
    this.#steps -= steps;
    if (this.#steps < 0)
      throw new UnsupportedError(`the template does not end within ${MAX_STEPS.toLocaleString("en")} steps, cria's limit`);
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
