// Writes the product tiles: AssemblyScript for 8 or 16 rows of a packed weight times N tokens, written out for every kind of code, every shape and every way
// in which an engine multiplies bytes, since the compiler has no arrays of registers; only the lines of a block are a loop. This program is what people read.
// docs/kernels.md draws the layouts.
//
// A tile walks blocks of 32 values. In each block it sums products of codes as integers, which is exact in any order, then adds to its floats, block by
// block ascending: so a row and a token give the same bits in every tile.

/**
 * How many tokens a tile takes, as many as have the sums of whole codes in registers, and how many panels of a weight side by side. Lists of tokens are cut into
 * these, largest first. A token alone takes two panels: one stream of weights does not keep the memory busy.
 */
export const tileShapes = [
  { tokens: 4, panels: 1 },
  { tokens: 2, panels: 1 },
  { tokens: 1, panels: 1 },
  { tokens: 1, panels: 2 },
];

/**
 * What a code is and what stands behind the codes of a block:
 * `bits` 4 or 8; `table`: the code is an index of 16 bytes; `halves`: scales belong to 16 values instead of 32;
 * `mins`: value = scale * code + min, otherwise value = scale * (code - zero).
 */
export const kinds = {
  Nibbles: { bits: 4 },
  NibblesMins: { bits: 4, mins: true },
  NibblesHalves: { bits: 4, halves: true },
  NibblesHalvesMins: { bits: 4, halves: true, mins: true },
  Table: { bits: 4, table: true },
  Bytes: { bits: 8 },
  BytesMins: { bits: 8, mins: true },
  BytesHalves: { bits: 8, halves: true },
};

/**
 * The ways to multiply bytes of activations (signed) and codes (unsigned):
 * Pairs: sums of two products in 16 bits, exact for codes below 16, so wider codes go in two parts. One instruction on x86 without VNNI.
 * Quads: sums of four in 32 bits, exact for any code where the engine's dot product takes its second operand as unsigned (AVX-VNNI).
 * Exact: without relaxed SIMD; bytes widened to 16 bits.
 */
const flavours = ["Pairs", "Quads", "Exact"];

const head = `// Written by tiles.mjs: do not edit.
// V8 makes a constant anew wherever it is used, by three instructions: from memory it comes by one.
const FIFTEENS = memory.data<u8>([15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15], 16);
@inline function low(q: v128, mask: v128): v128 { return v128.and(q, mask); }
// Shifts of 8-bit lanes are emulated everywhere: shift 16-bit lanes and mask what crosses over.
@inline function high(q: v128, mask: v128): v128 { return v128.and(i16x8.shr_u(q, 4), mask); }
@inline function pairs(x: v128, w: v128, sum: v128): v128 { return i16x8.add(sum, i16x8.relaxed_dot_i8x16_i7x16_s(x, w)); }
@inline function quads(x: v128, w: v128, sum: v128): v128 { return i32x4.relaxed_dot_i8x16_i7x16_add_s(x, w, sum); }
@inline function words(x: v128, w: v128, sum: v128): v128 { return i32x4.add(sum, i32x4.dot_i16x8_s(x, w)); }
@inline function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}
// Rows 0, 1 lie in two lanes each of a, rows 2, 3 in b.
@inline function rows(a: v128, b: v128): v128 {
  return i32x4.add(i32x4.shuffle(a, b, 0, 2, 4, 6), i32x4.shuffle(a, b, 1, 3, 5, 7));
}
`;

/** The source of all tiles, and the function that picks one. */
export function tilesSource() {
  const parts = [head];
  for (const flavour of flavours) {
    for (const kind of Object.keys(kinds)) for (const shape of tileShapes) parts.push(tile(kind, flavour, shape));
    parts.push(picker(flavour));
  }
  for (const rows of upTo(mostRows)) for (const pairs of [1, 2]) parts.push(floatTile(rows + 1, pairs));
  parts.push(floatPicker());
  return parts.join("\n");
}

const upTo = (n) => Array.from({ length: n }, (_, i) => i);

function picker(flavour) {
  const cases = Object.keys(kinds).map((kind, i) => {
    const calls = tileShapes.map(
      ({ tokens, panels }) =>
        `if (n == ${tokens} && panels == ${panels}) { tile${kind}${flavour}${tokens}x${panels}(w, x, y, stride, blocks, zero, table, bias); return; }`,
    );
    return `case ${i}: { ${calls.join("\n")} return; }`;
  });
  return `export function tile${flavour}(kind: i32, n: i32, panels: i32, w: usize, x: usize, y: usize, stride: usize, blocks: i32, zero: i32, table: usize, bias: usize): void {
switch (kind) {
${cases.join("\n")}
}
}`;
}

/**
 * One tile: y[token n][8 rows of each panel] at y + n * stride.
 *
 * Lines of codes are walked by a loop, though there are but four or eight of them: out of straight text compilers make one chain of products for each sum,
 * where every product waits for the one before, and no registers are left for the weights.
 */
function tile(name, flavour, { tokens: n, panels }) {
  const kind = kinds[name];
  const { bits, halves, mins, table } = kind;
  const inTwo = flavour === "Exact" || (flavour === "Pairs" && (bits === 8 || table));
  const parts = inTwo ? ["a", "b"] : ["a"];
  const codeBytes = bits === 4 ? 128 : 256;
  const out = [];
  /** Of four rows: two in a panel. */
  const groups = upTo(2 * panels);
  const each = (f) => {
    for (const t of upTo(n)) for (const g of groups) out.push(f(t, g));
  };
  const blockBytes = codeBytes + 32 * (halves ? 2 : 1) * (mins ? 2 : 1);

  out.push(
    `function tile${name}${flavour}${n}x${panels}(w0: usize, x: usize, y: usize, stride: usize, blocks: i32, zero: i32, table: usize, bias: usize): void {`,
  );
  if (!mins) out.push(`const z = i32x4.splat(${flavour === "Quads" ? "-zero" : "zero"});`);
  if (table) out.push("const values = v128.load(table);");
  if (bits === 4 || (inTwo && flavour === "Pairs")) out.push("const mask = v128.load(FIFTEENS);");
  each((t, g) => `let f${t}_${g} = f32x4.splat(0);`);
  for (const p of upTo(panels).slice(1)) out.push(`let w${p} = w0 + <usize>blocks * ${p * blockBytes};`);
  out.push("for (let b = 0; b < blocks; b++) {");

  // How far w0, w1 and x have come in the block, from where on all of it is counted here.
  const at = { w: 0, x: 0 };
  const w = (byte, g) => `v128.load(w${g >> 1}, ${byte - at.w + 16 * (g & 1)})`;
  const advance = (bytes) =>
    upTo(panels)
      .map((p) => `w${p} += ${bytes};`)
      .join(" ");
  const splat = (byte) => `v128.load32_splat(x, ${byte - at.x})`;
  const sumOf = (t, half) => {
    const [total, first] = [splat(4 * n * 9 + 4 * t), splat(4 * n * 10 + 4 * t)];
    return !halves ? total : half === 0 ? first : `i32x4.sub(${total}, ${first})`;
  };
  // Codes are moved up by `zero`: what they are too large by is taken away at once where sums have room for it.
  const atOnce = flavour === "Quads" && !mins;
  const begin = (half) => {
    if (atOnce) for (const t of upTo(n)) out.push(`const o${t} = i32x4.mul(${sumOf(t, half)}, z);`);
    each((t, g) => parts.map((p) => `let ${p}${t}_${g} = ${atOnce ? `o${t}` : "i32x4.splat(0)"};`).join(" "));
  };
  const multiply = (lines, nibble) => {
    if (nibble === 1) out.push(advance(-128));
    out.push(`for (const end = w0 + ${32 * lines}; w0 < end; x += ${4 * n}) {`);
    for (const g of groups) out.push(codes(kind, flavour, nibble, g));
    for (const t of upTo(n)) {
      const value = `v128.load32_splat(x, ${4 * t})`;
      out.push(`{ const v = ${flavour === "Exact" ? `i16x8.extend_low_i8x16_s(${value})` : value};`);
      for (const g of groups) {
        for (const p of parts) out.push(`${p}${t}_${g} = ${products[flavour]}(v, ${p}${g}, ${p}${t}_${g});`);
      }
      out.push("}");
    }
    out.push(advance(32), "}");
    at.w = nibble === 1 ? 128 : at.w + 32 * lines;
    at.x += 4 * n * lines;
  };
  const add = (half) => {
    for (const t of upTo(n)) {
      out.push("{", `const s = ${splat(4 * n * 8 + 4 * t)};`);
      if (mins) out.push(`const m = f32x4.mul(f32x4.convert_i32x4_s(${sumOf(t, half)}), s);`);
      else if (!atOnce) out.push(`const offset = i32x4.mul(${sumOf(t, half)}, z);`);
      for (const g of groups) {
        const f = `f${t}_${g}`;
        const dot = exactSum(flavour, parts, t, g);
        const value = mins || atOnce ? dot : `i32x4.sub(${dot}, offset)`;
        const floats = codeBytes + 32 * half;
        out.push(`${f} = madd(f32x4.mul(f32x4.convert_i32x4_s(${value}), s), ${w(floats, g)}, ${f});`);
        if (mins) out.push(`${f} = madd(m, ${w(floats + (halves ? 64 : 32), g)}, ${f});`);
      }
      out.push("}");
    }
  };
  for (const half of halves ? [0, 1] : [0]) {
    out.push("{");
    begin(half);
    if (bits === 8) multiply(halves ? 4 : 8);
    else for (const nibble of halves ? [half] : [0, 1]) multiply(4, nibble);
    add(half);
    out.push("}");
  }
  out.push(advance(blockBytes - at.w), `x += ${44 * n - at.x};`, "}");
  out.push("if (bias) {", ...groups.map((g) => `const b${g} = v128.load(bias, ${16 * g});`));
  each((t, g) => `f${t}_${g} = f32x4.add(f${t}_${g}, b${g});`);
  out.push("}");
  each((t, g) => `v128.store(y${t === 0 ? "" : ` + ${t} * stride`}, f${t}_${g}, ${16 * g});`);
  out.push("}");
  return out.join("\n");
}

const products = { Pairs: "pairs", Quads: "quads", Exact: "words" };

/** The codes of a group of four rows in the line at hand, four of each, as the products take them: whole, or in two parts. */
function codes({ bits, table }, flavour, nibble, g) {
  const line = `v128.load(w${g >> 1}, ${16 * (g & 1)})`;
  const nibbles = `${nibble === 1 ? "high" : "low"}(${line}, mask)`;
  const whole = bits === 8 ? line : table ? `i8x16.swizzle(values, ${nibbles})` : nibbles;
  if (flavour === "Exact")
    return `const q${g} = ${whole}, a${g} = i16x8.extend_low_i8x16_u(q${g}), b${g} = i16x8.extend_high_i8x16_u(q${g});`;
  if (flavour === "Pairs" && (bits === 8 || table)) return `const q${g} = ${whole}, a${g} = low(q${g}, mask), b${g} = high(q${g}, mask);`;
  return `const a${g} = ${whole};`;
}

/** The integer sums of 4 rows, in four lanes. */
function exactSum(flavour, parts, t, g) {
  if (flavour === "Quads") return `a${t}_${g}`;
  if (flavour === "Exact") return `rows(a${t}_${g}, b${t}_${g})`;
  const [a, b] = parts.map((p) => `i32x4.extadd_pairwise_i16x8_s(${p}${t}_${g})`);
  return b ? `i32x4.add(${a}, i32x4.shl(${b}, 4))` : a;
}

/**
 * A tile of float32 (multiply.ts): as many rows, and one or two times eight columns. Vectors that follow each other in memory are loaded, multiplied and stored
 * side by side: V8 joins pairs of them only then, and only if nothing stands between that is not a pair.
 */
function floatTile(rows, pairs) {
  const vectors = upTo(2 * pairs);
  const b = (v) => `v128.load(b${v >> 1}, ${16 * (v & 1)})`;
  const at = (name, m) => `${name} + ${m} * row${name === "from" ? "From" : "C"}`;
  const each = (f) => upTo(rows).flatMap((m) => vectors.map((v) => f(m, v)));
  return [
    `function floats${rows}x${8 * pairs}(K: i32, a0: usize, rowA: usize, stepA: usize, b0: usize, stepB: usize, nextB: usize, c: usize, rowC: usize, from: usize, rowFrom: usize): void {`,
    ...(pairs === 2 ? ["let b1 = b0 + nextB;"] : []),
    ...upTo(rows)
      .slice(1)
      .map((m) => `let a${m} = a${m - 1} + rowA;`),
    ...each((m, v) => `let s${m}_${v} = v128.load(${at("from", m)}, ${16 * v});`),
    // An end to compare with takes no register for counting; it may lie beyond 4 GiB.
    "for (const end = b0 + <usize>K * stepB; b0 != end; ) {",
    ...vectors.map((v) => `const w${v} = ${b(v)};`),
    ...upTo(rows).map(
      (m) =>
        `{ const v = v128.load32_splat(a${m}); ${vectors.map((v) => `s${m}_${v} = madd(v, w${v}, s${m}_${v});`).join(" ")} a${m} += stepA; }`,
    ),
    ...upTo(pairs).map((p) => `b${p} += stepB;`),
    "}",
    ...each((m, v) => `v128.store(${at("c", m)}, s${m}_${v}, ${16 * v});`),
    "}",
  ].join("\n");
}

const mostRows = 6;

function floatPicker() {
  const names =
    "K: i32, a: usize, rowA: usize, stepA: usize, b: usize, stepB: usize, nextB: usize, c: usize, rowC: usize, from: usize, rowFrom: usize";
  const given = names.replaceAll(/: \w+/g, "");
  return `export function tileFloats(rows: i32, pairs: i32, ${names}): void {
switch (rows) {
${upTo(mostRows)
  .map((m) => `case ${m + 1}: { if (pairs == 1) floats${m + 1}x8(${given}); else floats${m + 1}x16(${given}); return; }`)
  .join("\n")}
}
}`;
}
