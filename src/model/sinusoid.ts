// The position table of the 2017 Transformer (Vaswani 2017, section 3.5).

/** PE(p, 2i) = sin(p / 10000^(2i / dim)), PE(p, 2i + 1) = cos of the same. @returns [positions, dim] */
export function sinusoid(positions: ArrayLike<number>, dim: number): Float64Array {
  const table = new Float64Array(positions.length * dim);
  for (let t = 0; t < positions.length; t++) {
    for (let i = 0; i < dim; i++) {
      const angle = positions[t] / 10_000 ** ((i - (i % 2)) / dim);
      table[t * dim + i] = i % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
    }
  }
  return table;
}
