// Shapes: plain arrays of dimensions, outermost first (row-major), as in PyTorch. GGUF writes them the other way round; its reader turns them.

export type Shape = readonly number[];

/** Number of values; 1 for a scalar shape []. */
export function elementCount(shape: Shape): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dimension, i) => dimension === b[i]);
}

/** "[2, 64]", for messages. */
export function showShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}
