// What a storage type can do: turn its blocks into float32 and, where cria can write it, float32 into blocks.
// Sizes stand in tensor/dtype.ts; index.ts checks them, so a format sees whole blocks only.

/** One storage type. Blocks are little-endian and follow each other without padding. */
export interface BlockFormat {
  /** Widens all blocks; `out` has room for exactly their values. */
  readonly dequantize: (blocks: Uint8Array, out: Float32Array) => void;
  /** Packs whole blocks into `out`, which starts as zeros. The bytes are those of ggml's reference quantiser. */
  readonly quantize?: (values: Float32Array, out: Uint8Array) => void;
}
