// Attention through a key/value cache: pages in any order, several sequences and layers, chunks; alone, batched and with shared pages, bit for bit.
import type { AttentionSpec, KvCache, PagedKeys, Tensor, Weight } from "../ops.ts";
import { attentionSpec } from "./attention-cases.ts";
import { type Bench, bench, type ConformanceCase, joined, judged, normals, readAll } from "./case.ts";

const SOFTMAX = 1e-5;

/** The next `count` tokens of a sequence whose positions before `start` are cached already. */
interface Chunk {
  sequence: Sequence;
  start: number;
  count: number;
  pages: readonly number[];
}

/** What a model would compute for the tokens of one sequence: host arrays, a row a token. */
interface Sequence {
  q: Float32Array;
  k: Float32Array;
  v: Float32Array;
}

interface Scene {
  spec: AttentionSpec;
  /** Tokens that a token sees, itself included. */
  window?: number;
  pageSize: number;
}

function sequenceOf({ rng }: Bench<Tensor, Weight>, { nHeads, nKvHeads, headDim }: AttentionSpec, tokens: number): Sequence {
  const rows = (heads: number): Float32Array => normals(rng, tokens * heads * headDim);
  return { q: rows(nHeads), k: rows(nKvHeads), v: rows(nKvHeads) };
}

/** Runs chunks of several sequences as one flat batch. @returns [tokens of all chunks, H * D] */
function attendChunks<T extends Tensor, W extends Weight>(
  bench: Bench<T, W>,
  cache: KvCache,
  { spec, window = Number.POSITIVE_INFINITY, pageSize }: Scene,
  chunks: readonly Chunk[],
): T {
  const { ops, ints } = bench;
  const tokens = chunks.flatMap(({ start, count, pages }, row) =>
    Array.from({ length: count }, (_, i) => ({ row, position: start + i, pages })),
  );
  const flat = (of: (sequence: Sequence) => Float32Array, heads: number): T => {
    const width = heads * spec.headDim;
    const rows = chunks.map(({ sequence, start, count }) => of(sequence).subarray(start * width, (start + count) * width));
    return ops.input(joined(rows), [tokens.length, width]);
  };
  const mostPages = Math.max(...chunks.map(({ pages }) => pages.length));
  const paged: PagedKeys<T> = {
    cache,
    slots: ints(tokens.map(({ position, pages }) => pages[Math.floor(position / pageSize)] * pageSize + (position % pageSize))),
    sequence: ints(tokens.map(({ row }) => row)),
    pages: ints(
      chunks.flatMap(({ pages }) => Array.from({ length: mostPages }, (_, i) => pages[i] ?? 0)),
      [chunks.length, mostPages],
    ),
  };
  return ops.attend(
    flat(({ q }) => q, spec.nHeads),
    flat(({ k }) => k, spec.nKvHeads),
    flat(({ v }) => v, spec.nKvHeads),
    {
      first: ints(tokens.map(({ position }) => Math.max(0, position + 1 - window))),
      end: ints(tokens.map(({ position }) => position + 1)),
      paged,
    },
    spec,
  );
}

const cacheFor = <T extends Tensor, W extends Weight>({ ops }: Bench<T, W>, { spec, pageSize }: Scene, nLayers = 1): KvCache =>
  ops.kvCache({ nLayers, nKvHeads: spec.nKvHeads, headDim: spec.headDim, pages: 10, pageSize });

const slopes = [0.25, 0.0625, 0.015625, 0.00390625];
const scenes: readonly (Scene & { name: string })[] = [
  { name: "pages of 16", spec: attentionSpec(4, 2, 8), pageSize: 16 },
  { name: "pages of 32", spec: attentionSpec(4, 2, 8), pageSize: 32 },
  { name: "a head each, heads of 12", spec: attentionSpec(3, 3, 12), pageSize: 16 },
  { name: "one key/value head, heads of 128", spec: attentionSpec(4, 1, 128), pageSize: 16 },
  { name: "sliding window", spec: attentionSpec(4, 2, 8), window: 21, pageSize: 16 },
  { name: "ALiBi and softcap", spec: attentionSpec(4, 2, 8, { alibiSlopes: slopes, softcap: 2 }), pageSize: 16 },
];

/** 70 tokens in pages of 16 or 32 fill up to five. */
const TOKENS = 70;
const ORDERED = [0, 1, 2, 3, 4];
const SCRAMBLED = [8, 2, 9, 5, 3];
const OTHERS = [7, 0, 6, 1, 4];

const judgedCases = scenes.map((scene) =>
  judged(`attend, paged: ${scene.name}`, ["attend", "kvCache"], SOFTMAX, (bench) => {
    const cache = cacheFor(bench, scene);
    const a = sequenceOf(bench, scene.spec, TOKENS);
    const b = sequenceOf(bench, scene.spec, TOKENS);
    const step = (...chunks: Chunk[]): ReturnType<typeof bench.ops.add> => attendChunks(bench, cache, scene, chunks);
    return [
      step({ sequence: a, start: 0, count: 37, pages: SCRAMBLED.slice(0, 3) }),
      step({ sequence: b, start: 0, count: 5, pages: [7] }, { sequence: a, start: 37, count: 1, pages: SCRAMBLED.slice(0, 3) }),
      step({ sequence: a, start: 38, count: 32, pages: SCRAMBLED }, { sequence: b, start: 5, count: 11, pages: OTHERS }),
    ];
  }),
);

const layers = judged("attend, paged: layers apart", ["attend", "kvCache"], SOFTMAX, (bench) => {
  const scene = scenes[0];
  const cache = cacheFor(bench, scene, 3);
  const sequences = [0, 1, 2].map(() => sequenceOf(bench, scene.spec, 20));
  const run = (start: number, count: number) =>
    sequences.map((sequence, layer) =>
      attendChunks(bench, cache, { ...scene, spec: { ...scene.spec, layer } }, [{ sequence, start, count, pages: [4, 1] }]),
    );
  return [...run(0, 19), ...run(19, 1)];
});

/** The last `count` rows of each part, one after the other: what one sequence got, however it was cut. */
const lastOf = (parts: readonly Float32Array[], values: number): Float32Array => joined(parts).slice(-values);

const invariantCases = scenes.map(
  (scene): ConformanceCase => ({
    name: `attend, paged: same bits however cut, ${scene.name}`,
    ops: ["attend", "kvCache"],
    tolerance: SOFTMAX,
    sameBits: true,
    async run(ops) {
      const b = bench(ops);
      const { spec } = scene;
      const width = spec.nHeads * spec.headDim;
      const a = sequenceOf(b, spec, TOKENS);
      const other = sequenceOf(b, spec, TOKENS);
      // A second sequence that begins as `a` does, for pages that both read.
      const shared = 32;
      const fork = sequenceOf(b, spec, TOKENS);
      fork.k.set(a.k.subarray(0, shared * spec.nKvHeads * spec.headDim));
      fork.v.set(a.v.subarray(0, shared * spec.nKvHeads * spec.headDim));

      const chunk = (sequence: Sequence, start: number, end: number, pages: readonly number[]): Chunk => ({
        sequence,
        start,
        count: end - start,
        pages,
      });
      /** Runs steps on a fresh cache and keeps the rows of `a`, which is chunk number `mine` of each; all from position `shared` on. */
      const tail = async (steps: readonly { chunks: readonly Chunk[]; mine: number }[]): Promise<Float32Array> => {
        const cache = cacheFor(b, scene);
        const parts: Float32Array[] = [];
        for (const { chunks, mine } of steps) {
          const all = await ops.read(ops.scope(() => attendChunks(b, cache, scene, chunks)));
          const before = chunks.slice(0, mine).reduce((sum, { count }) => sum + count, 0);
          parts.push(all.slice(before * width, (before + (chunks[mine]?.count ?? 0)) * width));
        }
        return lastOf(parts, (TOKENS - shared) * width);
      };

      const alone = (cuts: readonly number[], pages: readonly number[]) =>
        cuts.slice(1).map((end, i) => ({ chunks: [chunk(a, cuts[i], end, pages)], mine: 0 }));
      return [
        await tail(alone([0, TOKENS], ORDERED)),
        await tail(alone([0, TOKENS], SCRAMBLED)),
        await tail(alone([0, 1, 8, 33, 64, TOKENS], SCRAMBLED)),
        await tail(
          alone(
            Array.from({ length: TOKENS + 1 }, (_, i) => i),
            SCRAMBLED,
          ),
        ),
        // in a batch with another sequence, in front of it and behind it
        await tail([
          { chunks: [chunk(other, 0, 50, OTHERS), chunk(a, 0, 45, SCRAMBLED)], mine: 1 },
          { chunks: [chunk(a, 45, 46, SCRAMBLED), chunk(other, 50, 51, OTHERS)], mine: 0 },
          { chunks: [chunk(other, 51, TOKENS, OTHERS), chunk(a, 46, TOKENS, SCRAMBLED)], mine: 1 },
        ]),
        // after a sequence that wrote the shared pages: `mine` is none of the first step's chunks
        await tail([
          { chunks: [chunk(fork, 0, 60, SCRAMBLED)], mine: 1 },
          { chunks: [chunk(fork, 60, 61, SCRAMBLED), chunk(a, shared, 69, prefixOf(scene, shared))], mine: 1 },
          { chunks: [chunk(a, 69, TOKENS, prefixOf(scene, shared)), chunk(fork, 61, TOKENS, SCRAMBLED)], mine: 0 },
        ]),
      ];
    },
  }),
);

/** The first `shared` tokens in the pages of SCRAMBLED, the rest in others. */
function prefixOf({ pageSize }: Scene, shared: number): number[] {
  return [...SCRAMBLED.slice(0, shared / pageSize), ...OTHERS.slice(shared / pageSize)];
}

/**
 * `a` runs alone; then again up to the middle of a page, which is copied: another sequence goes on in the original, and `a` in the copy. Nothing is
 * read before all is recorded.
 */
const copied: ConformanceCase = {
  name: "copyPages: a sequence goes on in copies, with the same bits",
  ops: ["attend", "kvCache", "copyPages"],
  tolerance: SOFTMAX,
  sameBits: true,
  async run(ops) {
    const b = bench(ops);
    const [scene] = scenes;
    const LAYERS = 3;
    const FORK = 43; // in the third page of 16
    const [a, other] = [sequenceOf(b, scene.spec, TOKENS), sequenceOf(b, scene.spec, TOKENS)];
    const run = (cache: KvCache, sequence: Sequence, start: number, end: number, pages: readonly number[]) =>
      Array.from({ length: LAYERS }, (_, layer) =>
        attendChunks(b, cache, { ...scene, spec: { ...scene.spec, layer } }, [{ sequence, start, count: end - start, pages }]),
      );
    const alone = await readAll(ops, () => {
      const cache = cacheFor(b, scene, LAYERS);
      run(cache, a, 0, FORK, ORDERED);
      return run(cache, a, FORK, TOKENS, ORDERED);
    });
    const forked = await readAll(ops, () => {
      const cache = cacheFor(b, scene, LAYERS);
      const copies = [SCRAMBLED[0], 1, 4, ...SCRAMBLED.slice(3)];
      run(cache, a, 0, FORK, SCRAMBLED);
      ops.copyPages(cache, SCRAMBLED.slice(1, 3), copies.slice(1, 3));
      run(cache, other, 16, 48, SCRAMBLED);
      return run(cache, a, FORK, TOKENS, copies);
    });
    const values = LAYERS * (TOKENS - FORK) * scene.spec.nHeads * scene.spec.headDim;
    return [lastOf(alone, values), lastOf(forked, values)];
  },
};

export const pagedCases: readonly ConformanceCase[] = [...judgedCases, layers, ...invariantCases, copied];
