// Contenders for the product of weights and activations, as AssemblyScript text written from a few parameters, beside the tiles of the engine itself
// (src/ops/wasm/kernels/tiles.mjs). All walk blocks of 32 values; what differs is how rows lie, how bytes are multiplied and how many tokens share a load.
// The contenders are straight text with constants where they are used; the engine walks a block by a loop, with its constants in memory.
import { tileShapes } from "../../src/ops/wasm/kernels/tiles.mjs";

/**
 * `bits`: of a code. `rows`: how many lie interleaved in a panel, 4 or 8. `panels`: how many a tile walks at once. `tokens`: of a tile.
 * `way`: quads, sums of four products in 32 bits by one relaxed instruction, right for codes above 127 only where it takes them as unsigned; pairs, sums of
 * two in 16 bits, with wider codes in two nibbles; words, bytes widened to 16 bits, without relaxed SIMD: here the activations are, by the one who rounds
 * them, and codes lie so that one product gives four rows.
 */
const shapes = [
  { rows: 4, panels: 1 },
  { rows: 4, panels: 2 },
  { rows: 4, panels: 4 },
  { rows: 8, panels: 1 },
  { rows: 8, panels: 2 },
];
const ways = [
  { bits: 4, way: "quads" },
  { bits: 4, way: "pairs" },
  { bits: 8, way: "quads" },
  { bits: 8, way: "pairs" },
  { bits: 8, way: "words" },
];

/** Sums that a tile keeps in registers at most: 16 vectors, of which x86 has 16 (with AVX-512 32, which V8 leaves alone), one of them V8's own. */
const MOST_SUMS = 16;

/** Every contender: { name, engine, bits, rows, panels, tokens, way }. Those of the engine are its tiles. */
export const contenders = [
  ...ways.flatMap(({ bits, way }) =>
    shapes.flatMap((shape) =>
      [1, 2, 4, 8]
        .filter((tokens) => (tokens * shape.rows * shape.panels) / 4 <= MOST_SUMS)
        .map((tokens) => ({ name: `${way}${bits}_${shape.rows}x${shape.panels}_${tokens}`, engine: false, bits, way, ...shape, tokens })),
    ),
  ),
  ...[4, 8].flatMap((bits) =>
    ["quads", "pairs", "exact"].flatMap((way) =>
      tileShapes.map(({ tokens, panels }) => ({
        name: `engine_${way}${bits}_${tokens}x${panels}`,
        engine: true,
        bits,
        way,
        rows: 8,
        panels,
        tokens,
      })),
    ),
  ),
];

/** Bytes of a block of one panel: the codes and a float of scale for each row. */
export const blockBytes = ({ bits, rows }) => 4 * bits * rows + 4 * rows;
/** Bytes of a block of activations, for one token: codes, scale, sum, and a word that only some kinds of weights need. */
export const tokenBytes = ({ way }) => (way === "words" ? 64 : 32) + 12;

const upTo = (n) => Array.from({ length: n }, (_, i) => i);
const capital = (word) => word[0].toUpperCase() + word.slice(1);

/** The module of all contenders. */
export function productsSource() {
  return [
    `import { tilePairs, tileQuads, tileExact } from "../../src/ops/wasm/kernels/tiles.generated";`,
    `@inline function low(q: v128): v128 { return v128.and(q, i8x16.splat(15)); }`,
    `@inline function high(q: v128): v128 { return v128.and(i16x8.shr_u(q, 4), i8x16.splat(15)); }`,
    `@inline function quads(x: v128, w: v128, sum: v128): v128 { return i32x4.relaxed_dot_i8x16_i7x16_add_s(x, w, sum); }`,
    `@inline function pairs(x: v128, w: v128, sum: v128): v128 { return i16x8.add(sum, i16x8.relaxed_dot_i8x16_i7x16_s(x, w)); }`,
    `@inline function words(x: v128, w: v128, sum: v128): v128 { return i32x4.add(sum, i32x4.dot_i16x8_s(x, w)); }`,
    `@inline function widened(pairs: v128): v128 { return i32x4.extadd_pairwise_i16x8_s(pairs); }`,
    ...contenders.map((contender) => (contender.engine ? "" : tile(contender)) + walk(contender)),
  ].join("\n");
}

/** All rows and tokens by one tile: y[token][row], `panels` of them, `tiles` of tokens, `zero` what codes are moved up by. */
function walk(contender) {
  const { name, engine, way, bits, rows, panels, tokens } = contender;
  const tile = engine
    ? `tile${capital(way)}(${bits === 4 ? 0 : 5}, ${tokens}, ${panels}, panel, x + t * tile, out, stride, blocks, zero, 0, 0)`
    : `tile_${name}(panel, x + t * tile, out, stride, blocks, zero)`;
  return `
export function ${name}(w: usize, x: usize, y: usize, panels: usize, tiles: usize, blocks: i32, zero: i32): void {
  const stride: usize = panels * ${4 * rows}, panelBytes = <usize>blocks * ${blockBytes(contender)}, tile = <usize>blocks * ${tokens * tokenBytes(contender)};
  for (let p: usize = 0; p < panels; p += ${panels}) {
    const panel = w + p * panelBytes;
    for (let t: usize = 0; t < tiles; t++) { const out = y + t * ${tokens} * stride + p * ${4 * rows}; ${tile}; }
  }
}`;
}

/** One tile: y[tokens][rows of the panels]. */
function tile(contender) {
  const { name, bits, way, rows, panels, tokens } = contender;
  const bytes = blockBytes(contender);
  const chunkBytes = 4 * rows; // 4 values of each row
  const split = bits === 8 && way === "pairs"; // nibbles a and b
  const parts = split ? ["a", "b"] : ["a"];
  /** Four rows: the panel, and where they begin in it. */
  const groups = upTo(panels).flatMap((panel) => upTo(rows / 4).map((g) => ({ panel: `w${panel}`, at: 16 * g, key: `${panel}${g}` })));
  const out = [];
  const each = (f) => {
    for (const t of upTo(tokens)) for (const group of groups) out.push(f(t, group, `${t}_${group.key}`));
  };

  out.push(`function tile_${name}(w0: usize, x: usize, y: usize, stride: usize, blocks: i32, zero: i32): void {`);
  out.push(`const z = i32x4.splat(zero), end = x + <usize>blocks * ${tokens * tokenBytes(contender)};`);
  for (const panel of upTo(panels).slice(1)) out.push(`let w${panel} = w0 + <usize>blocks * ${panel * bytes};`);
  each((_t, _g, id) => `let f${id} = f32x4.splat(0);`);
  out.push("while (x < end) {");
  each((_t, _g, id) => parts.map((part) => `let ${part}${id} = i32x4.splat(0);`).join(" "));

  /** Four products for each of 4 rows, with the codes in q (and r): activations at a byte of the block. */
  const multiply = (activations, operands) => {
    for (const t of upTo(tokens)) {
      out.push(`{ const v = v128.load32_splat(x, ${activations + 4 * t});`);
      for (const { key } of groups)
        out.push(...parts.map((part, i) => `${part}${t}_${key} = ${way}(v, ${operands[i]}${key}, ${part}${t}_${key});`));
      out.push("}");
    }
  };
  for (const chunk of upTo(8)) {
    const step = 4 * tokens; // bytes of activations for a register of 32 bits
    out.push("{");
    for (const { panel, at, key } of groups) {
      if (bits === 4) out.push(`const q${key} = ${chunk < 4 ? "low" : "high"}(v128.load(${panel}, ${chunkBytes * (chunk % 4) + at}));`);
      else if (way === "words") {
        for (const i of [0, 1]) out.push(`const ${"qr"[i]}${key} = v128.load_ext<u8>(${panel}, ${chunkBytes * chunk + at + 8 * i});`);
      } else {
        out.push(`const q${key} = v128.load(${panel}, ${chunkBytes * chunk + at});`);
        if (split) out.push(`const l${key} = low(q${key}), h${key} = high(q${key});`);
      }
    }
    if (way === "words") {
      multiply(2 * step * chunk, ["q"]);
      multiply(2 * step * chunk + step, ["r"]);
    } else multiply(step * chunk, split ? ["l", "h"] : ["q"]);
    out.push("}");
  }
  const side = (tokenBytes(contender) - 12) * tokens;
  for (const t of upTo(tokens)) {
    out.push(`{ const s = v128.load32_splat(x, ${side + 4 * t}), offset = i32x4.mul(v128.load32_splat(x, ${side + 4 * (tokens + t)}), z);`);
    for (const { panel, at, key } of groups) {
      const id = `${t}_${key}`;
      const dot = split ? `i32x4.add(widened(a${id}), i32x4.shl(widened(b${id}), 4))` : way === "pairs" ? `widened(a${id})` : `a${id}`;
      const value = `f32x4.mul(f32x4.convert_i32x4_s(i32x4.sub(${dot}, offset)), s)`;
      out.push(`f${id} = f32x4.relaxed_madd(${value}, v128.load(${panel}, ${bytes - 4 * rows + at}), f${id});`);
    }
    out.push("}");
  }
  out.push(`x += ${tokens * tokenBytes(contender)};`, ...upTo(panels).map((panel) => `w${panel} += ${bytes};`), "}");
  each((t, { panel, at }, id) => `v128.store(y + ${t} * stride, f${id}, ${4 * rows * Number(panel.slice(1)) + at});`);
  out.push("}");
  return out.join("\n");
}
