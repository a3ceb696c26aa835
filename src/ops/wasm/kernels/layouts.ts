// How packed weights lie in memory: panels of 8 rows, each a run of blocks; docs/kernels.md draws them. The kinds are numbered as in tiles.mjs; behind
// them come the kinds without codes.

export const NIBBLES = 0;
export const NIBBLES_MINS = 1;
export const NIBBLES_HALVES = 2;
export const NIBBLES_HALVES_MINS = 3;
export const TABLE = 4;
export const BYTES = 5;
export const BYTES_MINS = 6;
export const BYTES_HALVES = 7;
export const FLOATS = 8;
export const HALF_FLOATS = 9;
export const BRAIN_FLOATS = 10;

/** Rows of a panel. */
export const ROWS = 8;
/** Values of a row in a block. */
export const BLOCK = 32;

/** Bytes of 8 rows x 32 values of a kind. */
export function blockBytes(kind: i32): usize {
  if (kind === FLOATS) return 1024;
  if (kind > FLOATS) return 512;
  return codeBytes(kind) + (((<usize>32) << (hasHalves(kind) ? 1 : 0)) << (hasMins(kind) ? 1 : 0));
}

/** Bytes of 8 rows x `columns` values; only floats may have columns in no whole blocks. */
export function panelBytes(kind: i32, columns: i32): usize {
  if (kind === FLOATS) return (<usize>columns) << 5;
  if (kind > FLOATS) return (<usize>columns) << 4;
  return <usize>(columns / BLOCK) * blockBytes(kind);
}

export function codeBytes(kind: i32): usize {
  return kind < BYTES ? 128 : 256;
}

export function hasHalves(kind: i32): bool {
  return kind === NIBBLES_HALVES || kind === NIBBLES_HALVES_MINS || kind === BYTES_HALVES;
}

export function hasMins(kind: i32): bool {
  return kind === NIBBLES_MINS || kind === NIBBLES_HALVES_MINS || kind === BYTES_MINS;
}
