// A product to measure: random codes, scales and activations, laid out for a contender, and what the sums must be in plain numbers.
import { blockBytes, contenders, tokenBytes } from "./products.mjs";
import { randomIntegers } from "./random.mjs";

const columns = 576;

/** Decoding: one token, more weights than caches hold. A prompt: 128 tokens, a matrix of a small model. */
export const jobs = [4, 8].flatMap((bits) => [
  { bits, rows: 92_160, columns, tokens: 1 },
  { bits, rows: 1536, columns, tokens: 128 },
]);

/**
 * @param place gives each distinct layout a place and has it filled: (key, fill(address) => bytes) => address
 * @param quads what the engine found out about products of bytes
 * @returns entrants as child.mjs wants them
 */
export function prepare(job, { memory, exports, place, quads }) {
  const { bits, rows, columns, tokens } = job;
  const product = createProduct(job);
  const usedWay = (bits === 4 ? quads.narrow : quads.wide) ? "quads" : "pairs";
  return contenders
    .filter((each) => each.bits === bits && each.tokens <= tokens)
    .map((contender) => {
      const { name, engine, way, tokens: tile } = contender;
      const words = way === "words";
      const weights = place(`weights ${contender.rows} ${words}`, (at) => layOutWeights(product, contender, memory, at));
      const activations = place(`activations ${tile} ${words}`, (at) => layOutActivations(product, contender, memory, at));
      return {
        name,
        table: `${bits}-bit codes`,
        job: tokens,
        line: `${way} ${contender.panels === 1 ? "" : `${contender.panels} x `}${contender.rows}${engine ? ", the engine's" : ""}`,
        column: tokens === 1 ? "1 token" : `128 by ${tile}`,
        used: engine && way === usedWay && tile === Math.min(tokens, 4) && contender.panels === (tokens === 1 ? 2 : 1),
        macs: rows * columns * tokens,
        resultBytes: 4 * rows * tokens,
        run: (results) => exports[name](weights, activations, results, rows / contender.rows, tokens / tile, columns / 32, product.zero),
        wrong: (results) => wrongIn(product, memory, results),
      };
    });
}

/** Weights of `rows` x `columns` with codes of so many bits, and activations of `tokens`: codes[row][column], scales[row][block]. */
function createProduct({ bits, rows, columns, tokens }) {
  const random = randomIntegers(1234567);
  const blocks = columns / 32;
  const codes = Uint8Array.from({ length: rows * columns }, () => random(2 ** bits));
  const scales = Float32Array.from({ length: rows * blocks }, () => (1 + random(64)) / 4096);
  const x = Int8Array.from({ length: tokens * columns }, () => random(255) - 127);
  const xScales = Float32Array.from({ length: tokens * blocks }, () => (1 + random(64)) / 512);
  // The largest sums that there can be: saturation must show.
  codes.fill(2 ** bits - 1, 0, 64);
  x.fill(127, 0, 32).fill(-127, 32, 64);
  const product = { bits, rows, columns, blocks, tokens, zero: 2 ** (bits - 1), codes, scales, x, xScales };
  return { ...product, expected: plainProduct(product) };
}

/** y[token][row] in float64, and the sum of each one's terms in size. */
function plainProduct({ rows, columns, blocks, tokens, zero, codes, scales, x, xScales }) {
  const y = new Float64Array(rows * tokens);
  const sizes = new Float64Array(rows * tokens);
  for (let token = 0; token < tokens; token++) {
    for (let row = 0; row < rows; row++) {
      for (let b = 0; b < blocks; b++) {
        let dot = 0;
        for (let i = 32 * b; i < 32 * (b + 1); i++) dot += (codes[row * columns + i] - zero) * x[token * columns + i];
        const term = dot * scales[row * blocks + b] * xScales[token * blocks + b];
        y[token * rows + row] += term;
        sizes[token * rows + row] += Math.abs(term);
      }
    }
  }
  return { y, sizes };
}

/** Puts the weights as panels where a contender reads them. @returns how many bytes that took */
function layOutWeights({ rows, columns, blocks, codes, scales }, contender, memory, weights) {
  const { bits, way } = contender;
  const view = new DataView(memory.buffer);
  const bytes = new Uint8Array(memory.buffer);
  const blockSize = blockBytes(contender);
  for (let row = 0; row < rows; row++) {
    const lane = row % contender.rows;
    const four = 16 * Math.floor(lane / 4); // where the row's group of four begins
    for (let b = 0; b < blocks; b++) {
      const at = weights + (Math.floor(row / contender.rows) * blocks + b) * blockSize;
      view.setFloat32(at + blockSize - 4 * contender.rows + 4 * lane, scales[row * blocks + b], true);
      for (let i = 0; i < 32; i++) {
        const code = codes[row * columns + 32 * b + i];
        if (bits === 4) {
          const byte = at + 4 * contender.rows * ((i % 16) >> 2) + 4 * lane + (i % 4);
          bytes[byte] = i < 16 ? code : bytes[byte] | (code << 4);
        } else {
          // For words: of a group of four rows the first two values of each, then the other two.
          const inChunk = way === "words" ? four + 8 * ((i % 4) >> 1) + 2 * (lane % 4) + (i % 2) : 4 * lane + (i % 4);
          bytes[at + 4 * contender.rows * (i >> 2) + inChunk] = code;
        }
      }
    }
  }
  return (rows / contender.rows) * blocks * blockSize;
}

/** Puts the activations as tiles where a contender reads them. @returns how many bytes that took */
function layOutActivations({ columns, blocks, tokens, x, xScales }, contender, memory, activations) {
  const view = new DataView(memory.buffer);
  const n = contender.tokens;
  const codeBytes = tokenBytes(contender) - 12;
  for (let token = 0; token < tokens; token++) {
    for (let b = 0; b < blocks; b++) {
      const at = activations + ((token - (token % n)) * blocks + b * n) * tokenBytes(contender);
      let sum = 0;
      for (let i = 0; i < 32; i++) {
        const code = x[token * columns + 32 * b + i];
        sum += code;
        if (contender.way === "words") view.setInt16(at + 4 * (n * (i >> 1) + (token % n)) + 2 * (i % 2), code, true);
        else view.setInt8(at + 4 * (n * (i >> 2) + (token % n)) + (i % 4), code);
      }
      view.setFloat32(at + codeBytes * n + 4 * (token % n), xScales[token * blocks + b], true);
      view.setInt32(at + codeBytes * n + 4 * (n + (token % n)), sum, true);
    }
  }
  return tokens * blocks * tokenBytes(contender);
}

/**
 * Compares what a contender left at `results` with plain numbers.
 *
 * @returns undefined, or what is wrong
 */
function wrongIn({ rows, tokens, expected }, memory, results) {
  const y = new Float32Array(memory.buffer, results, rows * tokens);
  // Integer sums are exact, so what is left is the rounding of as many float additions as there are blocks.
  const i = y.findIndex((got, at) => !(Math.abs(got - expected.y[at]) <= 1e-6 * expected.sizes[at]));
  return i < 0 ? undefined : `row ${i % rows}, token ${Math.floor(i / rows)}: ${y[i]}, expected ${expected.y[i]}`;
}
