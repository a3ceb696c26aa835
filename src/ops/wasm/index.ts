// The wasm backend: forward ops recorded as commands, which threads of WebAssembly SIMD run when a value is read. Backward ops
// are in gradients.ts.
//
// Where things live: a room is one memory (room.ts). A weight lies in one; an op runs in the room of its weight, otherwise in that of its last argument,
// and activations follow it.
import { UsageError } from "../../errors.ts";
import { elementCount, type Shape } from "../../tensor/shape.ts";
import type { Activation, AttentionSpec, AttentionView, KvCache, KvLayout, Ops, Tensor } from "../ops.ts";
import * as rules from "../shape-rules.ts";
import { activationCode } from "./activation-codes.ts";
import { kernelBuild } from "./build.ts";
import { gradientOps } from "./gradients.ts";
import { type KvType, kvPageBytes, kvTypeNumber } from "./kv-types.ts";
import { MEMORY_LIMIT, type Region } from "./memory.ts";
import * as op from "./opcodes.ts";
import { createPacker } from "./packer.ts";
import { createPlacement, type PlacePlan } from "./placement.ts";
import { createRoom, type Room } from "./room.ts";
import { createTeam, type Team } from "./team.ts";
import { addressOf, bits, createTensors, known, largest, type WasmTensor, type WasmWeight } from "./tensors.ts";
import { threadCount } from "./threads.ts";
import { trainingOps } from "./training.ts";
import { turboHolds } from "./turbo.ts";
import { packedLayout } from "./weights.ts";

export { enableRelaxedSimd, hasRelaxedSimd, hasSimd } from "./build.ts";
export type { PlacePlan } from "./placement.ts";
export type { WasmTensor, WasmWeight } from "./tensors.ts";

interface WasmKvCache extends KvCache {
  readonly pageBytes: number;
  /** For each layer that has been used: keys and values. A layer's cache lies where its weights are. */
  readonly layers: (undefined | LayerCache)[];
}

interface LayerCache {
  readonly room: Room;
  readonly keys: Region;
  readonly values: Region;
}

export interface WasmOptions {
  /**
   * Threads that compute, the calling one included, 256 at most. By default one for each core, and 1 where there cannot be more: in a page without cross-origin
   * isolation, on a page's main thread, where a Content-Security-Policy forbids workers from blob: URLs. Several are refused there.
   */
  threads?: number;
  /** Which build of the kernels; relaxed SIMD where the engine has it, by default. */
  simd?: "relaxed" | "exact";
  /** How products with quantised weights see activations: rounded to 8 bits in blocks of 32, by default, or as they are. */
  activations?: "int8" | "f32";
  /** How keys and values are kept; "f32" by default. */
  kvType?: KvType;
  /** Bytes that one memory may hold; what is more goes to further memories. 4 GiB at most, and by default. */
  memoryLimit?: number;
  /**
   * Node 24 and newer: let V8 compile pairs of 128-bit operations as 256-bit ones, by a flag that counts for the whole process. An engine on trial has to
   * give the right numbers first; otherwise stderr says why, and there is no turbo. "unchecked": the flag is set already, and nothing is tried.
   */
  turbo?: boolean | "unchecked";
  /** What is going to be loaded. Without it, weights fill one memory after the other, and caches lie where there is room. */
  plan?: PlacePlan;
}

export interface WasmOps extends Ops<WasmTensor, WasmWeight> {
  /** Bytes of memory that weights, caches and activations take. */
  memoryBytes(): number;
  /** Which kernels run, and on what. */
  readonly build: {
    readonly simd: "relaxed" | "exact";
    readonly shared: boolean;
    readonly threads: number;
    readonly turbo?: true;
    /** How many there are by now. */
    readonly memories: () => number;
  };
}

/** Values up to which it costs less that every thread computes all than that they wait for each other. */
const EACH = 4096;

/**
 * The wasm backend, with its workers and its first memory.
 *
 * @throws UsageError for threads, builds or memories that cannot be had here; UnsupportedError where there is no WebAssembly SIMD at all
 */
export async function createWasm(options: WasmOptions = {}): Promise<WasmOps> {
  const { activations = "int8", kvType = "f32", memoryLimit = MEMORY_LIMIT } = options;
  /** Bytes of a memory that weights leave free for what passes; a guess without a plan. */
  const working = options.plan ? Math.min(options.plan.working, memoryLimit / 2) : memoryLimit / 16;
  const threads = threadCount(options.threads);
  const turbo =
    options.turbo === true
      ? await turboHolds(() => createWasm({ ...options, plan: undefined, turbo: "unchecked" }))
      : options.turbo === "unchecked";
  const build = await kernelBuild(options.simd, threads > 1, turbo);
  let team: Team | undefined;
  const rooms: Room[] = [createRoom(build, memoryLimit, 0, undefined, () => team)];
  if (threads > 1) {
    try {
      team = await createTeam(build, threads, rooms[0], (what, end) => rooms[0].kernels.giveJob(what, end));
    } catch (error) {
      if (options.threads !== undefined) throw error;
      return createWasm({ ...options, threads: 1, turbo: turbo && "unchecked" });
    }
  }
  let disposed = false;

  /** Bytes that are taken of a room before anything is put into it: there is no use in another one then. */
  const empty = rooms[0].heap.used();
  const openRoom = (): Room => {
    const room = createRoom(build, memoryLimit, rooms.length, rooms[0].quads, () => team);
    rooms.push(room);
    team?.enter(room);
    return room;
  };
  /** The last room, or a new one, with place for so many bytes that stay and for what passes. */
  const roomFor = (byteLength: number): Room => {
    const room = rooms[rooms.length - 1];
    return room.heap.fits(byteLength + working) || room.heap.used() === empty ? room : openRoom();
  };
  /** Then there is place for caches that nobody else takes. */
  const isPlanned = (options.plan?.parts.length ?? 0) > 0;
  const placeOf = createPlacement(options.plan?.parts ?? [], roomFor);
  const tensors = createTensors();
  const { passing, make, input, at, vectorAt } = tensors;
  const each = (x: Tensor): boolean => elementCount(x.shape) <= EACH;
  /** The activations of a product as the tiles want them. Made once for all products with the same activations. */
  const codesOf = (x: WasmTensor, room: Room): Region => {
    const known = x.made.codes;
    if (known && x.room === room && !known.isFree) return known;
    const [tokens, columns] = x.shape;
    const from = at(x, room);
    const codes = passing(room, (tokens * columns * 44) / 32);
    room.record(op.QUANTIZE, [from], [codes], [from.address, codes.address, tokens, columns], each(x));
    if (x.room === room) x.made.codes = codes;
    return codes;
  };
  const elementwise = (code: number, name: string, x: WasmTensor, y: WasmTensor): WasmTensor => {
    const shape = rules.elementwise(name, x, y);
    const { room } = y;
    const out = make(room, shape);
    const [a, b] = [at(x, room), at(y, room)];
    room.record(code, [a, b], [out.region], [a.address, b.address, out.region.address, elementCount(shape)], each(out));
    return out;
  };
  const withFactor = (code: number, name: string, x: WasmTensor, factor: number): WasmTensor => {
    const out = make(x.room, rules.elementwise(name, x));
    const words = [x.region.address, bits(factor), out.region.address, elementCount(x.shape)];
    x.room.record(code, [x.region], [out.region], words, each(out));
    return out;
  };
  const act = (kind: Activation, x: WasmTensor, up?: WasmTensor): WasmTensor => {
    const { room } = up ?? x;
    const out = make(room, rules.elementwise("activation", x));
    const [a, b] = [at(x, room), up && at(up, room)];
    const places = [a, b, out.region].map(addressOf);
    const words = [...activationCode(kind), ...places, elementCount(x.shape), ...room.scratch(PIECE)];
    room.record(op.ACTIVATION, [a, b], [out.region], words, elementCount(x.shape) <= EACH / 8);
    return out;
  };
  const alive = (): void => {
    if (disposed) throw new UsageError("this wasm backend was disposed of: create another one");
  };
  const spare: Uint8Array[] = [];
  const loader = (shape: Shape, type: WasmWeight["type"]): { w: WasmWeight; packer: ReturnType<typeof createPacker> } => {
    alive();
    const layout = packedLayout(shape, type);
    const room = placeOf(layout.byteLength);
    const region = room.heap.allocate(layout.byteLength, "lasting");
    return { w: { shape, type, layout, room, region, elsewhere: new Map() }, packer: createPacker(room, type, layout, region, spare) };
  };
  const ops: WasmOps = {
    backend: "wasm",
    build: { simd: build.simd, shared: build.shared, threads, ...(turbo && { turbo }), memories: () => rooms.length },
    memoryBytes: () => rooms.reduce((sum, { heap }) => sum + heap.used(), 0),
    input: (values, shape) => input(rooms[0], values, shape),
    async read(x) {
      alive();
      const { heap } = x.room;
      return x.room.afterwards(() => (x.dtype === "i32" ? Float32Array.from(heap.ints(x.region)) : heap.floats(x.region).slice()));
    },
    weight(shape, type, bytes) {
      rules.weight(shape, type, bytes);
      const { w, packer } = loader(shape, type);
      packer.push(bytes);
      return w;
    },
    async streamWeight(shape, type, pieces) {
      rules.weightBytes(shape, type);
      const { w, packer } = loader(shape, type);
      for await (const piece of rules.streamWeight(shape, type, pieces)) {
        alive();
        packer.push(piece);
      }
      return w;
    },
    async exportWeight(w) {
      const { rows, columns } = w.layout;
      if (w.shape.length !== 2) return w.room.afterwards(() => w.room.heap.floats(w.region).slice());
      const out = new Float32Array(rows * columns);
      const ROWS_AT_ONCE = 256;
      for (let from = 0; from < rows; from += ROWS_AT_ONCE) {
        const ids = Int32Array.from({ length: Math.min(ROWS_AT_ONCE, rows - from) }, (_, i) => from + i);
        out.set(await ops.scope(() => ops.read(ops.embed(w, input(w.room, ids)))), from * columns);
      }
      return out;
    },
    kvCache: (layout: KvLayout): WasmKvCache => {
      if (layout.pageSize % 4 !== 0)
        throw new UsageError(`kvCache: pages of ${layout.pageSize} tokens, the wasm backend wants multiples of 4`);
      return { layout, layers: [], pageBytes: kvPageBytes(layout, kvType) };
    },
    copyPages(cache, from, to) {
      rules.copyPages(cache, from, to);
      const { layers, pageBytes } = cache as WasmKvCache;
      for (const layer of layers) {
        if (!layer) continue;
        for (const region of [layer.keys, layer.values]) {
          from.forEach((page, i) => {
            const source = { address: region.address + page * pageBytes, size: pageBytes };
            const target = { address: region.address + to[i] * pageBytes, size: pageBytes };
            layer.room.record(op.COPY_PAGES, [source], [target], [region.address, page, to[i], pageBytes]);
          });
        }
      }
    },
    scope: tensors.scope,
    async dispose() {
      if (disposed) return;
      disposed = true;
      await team?.leave();
      rooms.length = 0;
    },

    embed(table, ids) {
      const { room } = table;
      const { kind, zero } = table.layout;
      const y = make(room, rules.embed(table, ids));
      rules.indices("embed", "ids", known(ids), table.shape[0]);
      const rows = at(ids, room);
      const words = [kind, zero, table.region.address, rows.address, y.region.address, y.shape[0], y.shape[1], ...room.scratch(1024)];
      room.record(op.EMBED, [rows], [y.region], words);
      return y;
    },
    gather(x, rows) {
      const { room } = x;
      const y = make(room, rules.gather(x, rows));
      rules.indices("gather", "rows", known(rows), x.shape[0]);
      const places = at(rows, room);
      room.record(op.GATHER, [x.region, places], [y.region], [x.region.address, places.address, y.region.address, ...y.shape], each(y));
      return y;
    },
    reshape: (x, shape) => ({ ...x, shape: rules.reshape(x, shape), made: {} }),

    linear(x, w, bias) {
      const { room } = w;
      const y = make(room, rules.linear(x, w, bias));
      const [out, inner] = w.shape;
      const { kind, zero, coded } = w.layout;
      const rounded = coded && activations === "int8";
      const from = rounded ? codesOf(x, room) : at(x, room);
      const scratch = room.scratch(rounded ? 128 : 64 * inner);
      const words = [
        kind,
        zero,
        from.address,
        w.region.address,
        addressOf(vectorAt(bias, room)),
        y.region.address,
        x.shape[0],
        out,
        inner,
        ...scratch,
      ];
      room.record(rounded ? op.LINEAR : op.LINEAR_FLOATS, [from], [y.region], words);
      return y;
    },

    rmsNorm(x, gain, eps, part = 1) {
      const shape = rules.norm("rmsNorm", x, gain);
      const { room } = gain;
      const y = make(room, shape);
      const from = at(x, room);
      const words = [from.address, gain.region.address, y.region.address, ...shape, bits(eps), Math.ceil(part * shape[1])];
      room.record(op.RMS_NORM, [from], [y.region], words, each(y));
      return y;
    },
    layerNorm(x, gain, bias, eps) {
      const shape = rules.norm("layerNorm", x, gain, bias);
      const { room } = gain;
      const y = make(room, shape);
      const from = at(x, room);
      const words = [from.address, gain.region.address, addressOf(vectorAt(bias, room)), y.region.address, ...shape, bits(eps)];
      room.record(op.LAYER_NORM, [from], [y.region], words, each(y));
      return y;
    },
    rope(x, rotation, headDim) {
      const { room } = x;
      const y = make(room, rules.rope(x, rotation, headDim));
      const angles = at(rotation, room);
      const words = [x.region.address, angles.address, y.region.address, x.shape[0], x.shape[1] / headDim, headDim, rotation.shape[1] / 2];
      room.record(op.ROPE, [x.region, angles], [y.region], words, each(y));
      return y;
    },
    attend(q, k, v, view, spec) {
      const shape = rules.attend(q, k, v, view, spec);
      const room = view.paged ? cacheOf(view.paged.cache as WasmKvCache, spec.layer, q.room).room : q.room;
      const y = make(room, shape);
      const queries = at(q, room);
      const { nHeads, nKvHeads, headDim, scale, softcap = 0 } = spec;
      const stored = view.paged ? store(k, v, view, spec) : { keys: at(k, room), values: at(v, room) };
      const [first, end] = [at(view.first, room), at(view.end, room)];
      const slopes = spec.alibiSlopes && input(room, Float32Array.from(spec.alibiSlopes)).region;
      const sequence = view.paged && at(view.paged.sequence, room);
      const pages = view.paged && at(view.paged.pages, room);
      const pageSize = view.paged?.cache.layout.pageSize ?? KEYS_WITHOUT_CACHE;
      const mostKeys = Math.ceil(largest(view.end, k.shape[0]) / pageSize) * pageSize + pageSize + 8;
      const scratch = room.scratch(
        4 * (headDim * pageSize + QUERIES + Math.min(QUERIES, Math.max(q.shape[0], nHeads / nKvHeads)) * mostKeys),
      );
      const words = [
        ...[queries, stored.keys, stored.values, y.region, first, end, sequence, pages].map(addressOf),
        ...[view.paged?.pages.shape[1] ?? 0, q.shape[0], nHeads, nKvHeads, headDim, pageSize, view.paged ? kvTypeNumber(kvType) : 0],
        ...[bits(scale), bits(softcap), addressOf(slopes), mostKeys, ...scratch],
      ];
      const reads = [queries, stored.keys, stored.values, first, end, sequence, pages, slopes];
      room.record(op.ATTEND, reads, [y.region], words);
      return y;
    },

    add: (x, y) => elementwise(op.ADD, "add", x, y),
    multiply: (x, y) => elementwise(op.MULTIPLY, "multiply", x, y),
    scale: (x, factor) => withFactor(op.SCALE, "scale", x, factor),
    activation: (kind, x) => act(kind, x),
    gatedActivation(kind, gate, up) {
      rules.elementwise("gatedActivation", gate, up);
      return act(kind, gate, up);
    },
    softcap: (x, cap) => withFactor(op.SOFTCAP, "softcap", x, cap),
    logProbs(logits, targets) {
      const { room } = logits;
      const y = make(room, rules.logProbs(logits, targets));
      const wanted = at(targets, room);
      room.record(
        op.LOG_PROBS,
        [logits.region, wanted],
        [y.region],
        [logits.region.address, wanted.address, y.region.address, ...logits.shape, ...room.scratch(PIECE)],
      );
      return y;
    },

    ...gradientOps(tensors),
    ...trainingOps(tensors),
  };
  return ops;

  /** Where the keys and values of a layer are: from its first use on, in the room of its weights if there is place. */
  function cacheOf({ layers, layout, pageBytes }: WasmKvCache, layer: number, near: Room): LayerCache {
    const known = layers[layer];
    if (known) return known;
    const byteLength = layout.pages * pageBytes;
    const size = 2 * byteLength + 64; // regions begin at multiples of 32
    const room = near.heap.fits(isPlanned ? size : size + working) ? near : roomFor(size);
    const cache = { room, keys: room.heap.allocate(byteLength, "lasting"), values: room.heap.allocate(byteLength, "lasting") };
    layers[layer] = cache;
    return cache;
  }

  /** Puts the new keys and values into their slots. @returns the layer's cache */
  function store(k: WasmTensor, v: WasmTensor, view: AttentionView<WasmTensor>, spec: AttentionSpec): LayerCache {
    const { cache, slots } = view.paged!;
    const stored = cacheOf(cache as WasmKvCache, spec.layer, k.room);
    const { room, keys, values } = stored;
    const regions = [at(k, room), at(v, room), at(slots, room), keys, values];
    const { nKvHeads, headDim, pageSize } = cache.layout;
    const words = [...regions.map(addressOf), slots.shape[0], nKvHeads, headDim, pageSize, kvTypeNumber(kvType)];
    room.record(op.STORE_KV, regions.slice(0, 3), [keys, values], words, slots.shape[0] === 1);
    return stored;
  }
}

/** Bytes of values that pass through functions at once: kernels/rows.ts, kernels/swish.ts. */
const PIECE = 4096;
/** Keys in a block of attention without a cache: kernels/attention.ts. */
const KEYS_WITHOUT_CACHE = 32;
/** And queries that walk together there. */
const QUERIES = 24;
