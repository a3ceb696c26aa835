// Work on a text in steps: whoever runs it may let others run in between, or leave it. A generator goes on where it was, so that what comes out is the same
// whether it pauses or not.

/** Work that may be left at each step, and its result at the end. */
export type Steps<T = void> = Generator<void, T>;

/** Bytes, pieces or tries of a fast loop between two steps: less than some milliseconds. */
export const STRIDE = 1 << 14;

/** All steps at once. */
export function finish<T>(steps: Generator<unknown, T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}
