// The wasm backend: forward ops on one thread of WebAssembly SIMD, float32 activations. Ops run as soon as they are called.
// Gradients are not here: train on the reference.
import { UnsupportedError } from "../../errors.ts";
import { elementCount, type Shape } from "../../tensor/shape.ts";
import type { Activation, AttentionSpec, AttentionView, KvCache, KvLayout, Ops, Tensor, Weight } from "../ops.ts";
import * as rules from "../shape-rules.ts";
import { instantiateKernels } from "./instance.ts";
import { createMemory, type Region } from "./memory.ts";
import { packedLayout, packWeight } from "./weights.ts";

export interface WasmTensor extends Tensor {
  readonly region: Region;
}

export interface WasmWeight extends Weight {
  /** Number of the type that it has in memory. */
  readonly kernelType: number;
  readonly region: Region;
}

interface WasmKvCache extends KvCache {
  /** One region a layer: [pages * pageSize, nKvHeads * headDim] float32. */
  readonly keys: readonly Region[];
  readonly values: readonly Region[];
}

/** The numbers under which kernels/rows.ts knows the activations. */
const activationKinds = { identity: 0, relu: 1, sigmoid: 2, tanh: 3, swish: 4, gelu: 5, "gelu-tanh": 6 } as const;

export interface WasmOps extends Ops<WasmTensor, WasmWeight> {
  /** Bytes of memory that weights, caches and activations take. */
  memoryBytes(): number;
}

export async function createWasm(): Promise<WasmOps> {
  const heap = createMemory();
  const kernels = await instantiateKernels(heap.memory);

  const make = (shape: Shape, dtype: "f32" | "i32" = "f32"): WasmTensor => ({
    shape,
    dtype,
    region: heap.allocate(4 * elementCount(shape)),
  });
  const address = (x: { region: Region } | undefined): number => x?.region.address ?? 0;
  const input = (values: Int32Array | Float32Array, shape?: Shape): WasmTensor => {
    const x = make(rules.input(values, shape), values instanceof Int32Array ? "i32" : "f32");
    if (values instanceof Int32Array) heap.ints(x.region).set(values);
    else heap.floats(x.region).set(values);
    return x;
  };
  const rowBytes = (w: WasmWeight): number => w.region.byteLength / (w.shape.length === 2 ? w.shape[0] : 1);
  const act = (kind: Activation, x: WasmTensor, up: WasmTensor | undefined): WasmTensor => {
    const y = make(rules.elementwise("activation", x));
    const [name, beta] = typeof kind === "object" ? (["swish", kind.swish] as const) : swishOf(kind);
    kernels.activation(activationKinds[name], beta, address(x), address(up), address(y), elementCount(x.shape));
    return y;
  };

  return {
    backend: "wasm",
    memoryBytes: heap.used,
    input,
    read: async (x) => (x.dtype === "i32" ? Float32Array.from(heap.ints(x.region)) : heap.floats(x.region).slice()),
    weight(shape, type, bytes) {
      rules.weight(shape, type, bytes);
      const layout = packedLayout(shape, type);
      const region = heap.allocate(layout.byteLength, "lasting");
      packWeight(type, bytes, layout, heap.bytes(region));
      return { shape, type, kernelType: layout.kernelType, region };
    },
    async exportWeight(w) {
      const [rows, columns] = w.shape.length === 2 ? w.shape : [1, w.shape[0]];
      return heap.scope(
        () => {
          const out = make([rows, columns]);
          for (let row = 0; row < rows; row++) {
            kernels.widenRow(w.kernelType, address(w) + rowBytes(w) * row, address(out) + 4 * columns * row, columns);
          }
          return heap.floats(out.region).slice();
        },
        () => [],
      );
    },
    kvCache(layout: KvLayout): WasmKvCache {
      const bytes = 4 * layout.pages * layout.pageSize * layout.nKvHeads * layout.headDim;
      const perLayer = (): Region[] => Array.from({ length: layout.nLayers }, () => heap.allocate(bytes, "lasting"));
      return { layout, keys: perLayer(), values: perLayer() };
    },
    copyPages(cache, from, to) {
      rules.copyPages(cache, from, to);
      const { layout, keys, values } = cache as WasmKvCache;
      const page = layout.pageSize * layout.nKvHeads * layout.headDim;
      for (const region of [...keys, ...values]) {
        const rows = heap.floats(region);
        for (let i = 0; i < from.length; i++) rows.copyWithin(to[i] * page, from[i] * page, (from[i] + 1) * page);
      }
    },
    scope: (body) => heap.scope(body, regionsIn),
    dispose: async () => {},

    embed(table, ids) {
      const y = make(rules.embed(table, ids));
      rules.indices("embed", "ids", heap.ints(ids.region), table.shape[0]);
      const dim = y.shape[1];
      heap.ints(ids.region).forEach((id, t) => {
        kernels.widenRow(table.kernelType, address(table) + rowBytes(table) * id, address(y) + 4 * dim * t, dim);
      });
      return y;
    },
    gather(x, rows) {
      const y = make(rules.gather(x, rows));
      rules.indices("gather", "rows", heap.ints(rows.region), x.shape[0]);
      const dim = y.shape[1];
      const from = heap.floats(x.region);
      const to = heap.floats(y.region);
      heap.ints(rows.region).forEach((row, i) => {
        to.set(from.subarray(row * dim, (row + 1) * dim), i * dim);
      });
      return y;
    },
    reshape: (x, shape) => ({ ...x, shape: rules.reshape(x, shape) }),

    linear(x, w, bias) {
      const y = make(rules.linear(x, w, bias));
      const [out, inner] = w.shape;
      heap.scope(
        () => {
          const scratch = heap.allocate(4 * inner).address;
          const addresses = [address(x), address(w), rowBytes(w), address(bias), address(y)] as const;
          kernels.linear(w.kernelType, ...addresses, x.shape[0], out, inner, scratch);
        },
        () => [],
      );
      return y;
    },

    rmsNorm(x, gain, eps, part = 1) {
      const y = make(rules.norm("rmsNorm", x, gain));
      const [tokens, dim] = x.shape;
      kernels.rmsNorm(address(x), address(gain), address(y), tokens, dim, eps, Math.ceil(part * dim));
      return y;
    },
    layerNorm(x, gain, bias, eps) {
      const y = make(rules.norm("layerNorm", x, gain, bias));
      kernels.layerNorm(address(x), address(gain), address(bias), address(y), x.shape[0], x.shape[1], eps);
      return y;
    },
    rope(x, rotation, headDim) {
      const y = make(rules.rope(x, rotation, headDim));
      kernels.rope(address(x), address(rotation), address(y), x.shape[0], x.shape[1] / headDim, headDim, rotation.shape[1] / 2);
      return y;
    },
    attend(q, k, v, view, spec) {
      const y = make(rules.attend(q, k, v, view, spec));
      heap.scope(
        () => {
          const keys = view.paged ? store(k, v, view, spec) : { k: address(k), v: address(v), ...oneEndlessPage(q.shape[0]) };
          const slopes = spec.alibiSlopes ? address(input(Float32Array.from(spec.alibiSlopes))) : 0;
          const { nHeads, nKvHeads, headDim, scale, softcap = 0 } = spec;
          const ranges = [address(view.first), address(view.end)] as const;
          const places = [keys.sequence, keys.pages, keys.pagesEach, keys.pageSize] as const;
          const shape = [q.shape[0], nHeads, nKvHeads, headDim] as const;
          kernels.attend(address(q), keys.k, keys.v, address(y), ...shape, scale, softcap, slopes, ...ranges, ...places);
        },
        () => [],
      );
      return y;
    },

    add(x, y) {
      const sum = make(rules.elementwise("add", x, y));
      kernels.add(address(x), address(y), address(sum), elementCount(x.shape));
      return sum;
    },
    multiply(x, y) {
      const product = make(rules.elementwise("multiply", x, y));
      kernels.multiply(address(x), address(y), address(product), elementCount(x.shape));
      return product;
    },
    scale(x, factor) {
      const y = make(rules.elementwise("scale", x));
      kernels.scale(address(x), factor, address(y), elementCount(x.shape));
      return y;
    },
    activation: (kind, x) => act(kind, x, undefined),
    gatedActivation(kind, gate, up) {
      rules.elementwise("gatedActivation", gate, up);
      return act(kind, gate, up);
    },
    softcap(x, cap) {
      const y = make(rules.elementwise("softcap", x));
      kernels.softcap(address(x), cap, address(y), elementCount(x.shape));
      return y;
    },
    logProbs(logits, targets) {
      const y = make(rules.logProbs(logits, targets));
      const vocabSize = logits.shape[1];
      const values = heap.floats(y.region);
      heap.ints(targets.region).forEach((target, t) => {
        const row = heap.floats(logits.region).subarray(t * vocabSize, (t + 1) * vocabSize);
        values[t] = target < 0 ? 0 : row[target] - logSumExp(row);
      });
      return y;
    },

    embedBackward: () => noGradient("embedBackward"),
    gatherBackward: () => noGradient("gatherBackward"),
    linearInputGradient: () => noGradient("linearInputGradient"),
    linearWeightGradient: () => noGradient("linearWeightGradient"),
    biasGradient: () => noGradient("biasGradient"),
    rmsNormBackward: () => noGradient("rmsNormBackward"),
    layerNormBackward: () => noGradient("layerNormBackward"),
    ropeBackward: () => noGradient("ropeBackward"),
    attendBackward: () => noGradient("attendBackward"),
    activationBackward: () => noGradient("activationBackward"),
    gatedActivationBackward: () => noGradient("gatedActivationBackward"),
    softcapBackward: () => noGradient("softcapBackward"),
    logProbsBackward: () => noGradient("logProbsBackward"),
  };

  /** Without a cache all keys of the call lie in one page. */
  function oneEndlessPage(tokens: number): { sequence: number; pages: number; pagesEach: number; pageSize: number } {
    const sequence = input(new Int32Array(tokens));
    const pages = input(new Int32Array(1));
    return { sequence: address(sequence), pages: address(pages), pagesEach: 1, pageSize: 2 ** 30 };
  }

  /** Puts the new keys and values into their slots; the rest of the arguments say where all of them are. */
  function store(
    k: WasmTensor,
    v: WasmTensor,
    view: AttentionView<WasmTensor>,
    spec: AttentionSpec,
  ): ReturnType<typeof oneEndlessPage> & { k: number; v: number } {
    const { cache, slots, sequence, pages } = view.paged!;
    const { keys, values } = cache as WasmKvCache;
    const width = spec.nKvHeads * spec.headDim;
    const into = [
      { from: heap.floats(k.region), to: heap.floats(keys[spec.layer]) },
      { from: heap.floats(v.region), to: heap.floats(values[spec.layer]) },
    ];
    heap.ints(slots.region).forEach((slot, t) => {
      for (const { from, to } of into) to.set(from.subarray(t * width, (t + 1) * width), slot * width);
    });
    return {
      k: keys[spec.layer].address,
      v: values[spec.layer].address,
      sequence: address(sequence),
      pages: address(pages),
      pagesEach: pages.shape[1],
      pageSize: cache.layout.pageSize,
    };
  }
}

/** silu and the quick gelu are swishes with a fixed beta. */
function swishOf(kind: Extract<Activation, string>): readonly [keyof typeof activationKinds, number] {
  if (kind === "silu") return ["swish", 1];
  if (kind === "gelu-quick") return ["swish", 1.702];
  return [kind, 0];
}

function logSumExp(row: Float32Array): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let v = 0; v < row.length; v++) if (row[v] > largest) largest = row[v];
  let sum = 0;
  for (let v = 0; v < row.length; v++) sum += Math.exp(row[v] - largest);
  return largest + Math.log(sum);
}

function noGradient(op: string): never {
  throw new UnsupportedError(`${op}: the wasm backend has no gradients, train on the reference backend`);
}

/** The regions of all tensors in a value: alone, or in arrays and records. */
function* regionsIn(value: unknown): Iterable<Region> {
  if (typeof value !== "object" || value === null) return;
  if ("region" in value && "dtype" in value) yield value.region as Region;
  else if (Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype) {
    for (const inner of Object.values(value)) yield* regionsIn(inner);
  }
}
