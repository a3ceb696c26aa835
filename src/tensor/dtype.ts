// How the values of a tensor are stored: plain numbers, and the block formats of ggml in which `blockSize` values share scales.

/** Values per block and bytes per block of every storage type that cria knows by name. Plain types have blocks of one value. */
export const storage = {
  F64: { blockSize: 1, blockBytes: 8 },
  F32: { blockSize: 1, blockBytes: 4 },
  F16: { blockSize: 1, blockBytes: 2 },
  BF16: { blockSize: 1, blockBytes: 2 },
  F8_E4M3: { blockSize: 1, blockBytes: 1 },
  F8_E5M2: { blockSize: 1, blockBytes: 1 },
  I64: { blockSize: 1, blockBytes: 8 },
  I32: { blockSize: 1, blockBytes: 4 },
  I16: { blockSize: 1, blockBytes: 2 },
  I8: { blockSize: 1, blockBytes: 1 },
  U64: { blockSize: 1, blockBytes: 8 },
  U32: { blockSize: 1, blockBytes: 4 },
  U16: { blockSize: 1, blockBytes: 2 },
  U8: { blockSize: 1, blockBytes: 1 },
  BOOL: { blockSize: 1, blockBytes: 1 },
  Q4_0: { blockSize: 32, blockBytes: 18 },
  Q4_1: { blockSize: 32, blockBytes: 20 },
  Q5_0: { blockSize: 32, blockBytes: 22 },
  Q5_1: { blockSize: 32, blockBytes: 24 },
  Q8_0: { blockSize: 32, blockBytes: 34 },
  Q2_K: { blockSize: 256, blockBytes: 84 },
  Q3_K: { blockSize: 256, blockBytes: 110 },
  Q4_K: { blockSize: 256, blockBytes: 144 },
  Q5_K: { blockSize: 256, blockBytes: 176 },
  Q6_K: { blockSize: 256, blockBytes: 210 },
  IQ1_S: { blockSize: 256, blockBytes: 50 },
  IQ1_M: { blockSize: 256, blockBytes: 56 },
  IQ2_XXS: { blockSize: 256, blockBytes: 66 },
  IQ2_XS: { blockSize: 256, blockBytes: 74 },
  IQ2_S: { blockSize: 256, blockBytes: 82 },
  IQ3_XXS: { blockSize: 256, blockBytes: 98 },
  IQ3_S: { blockSize: 256, blockBytes: 110 },
  IQ4_NL: { blockSize: 32, blockBytes: 18 },
  IQ4_XS: { blockSize: 256, blockBytes: 136 },
  TQ1_0: { blockSize: 256, blockBytes: 54 },
  TQ2_0: { blockSize: 256, blockBytes: 66 },
  MXFP4: { blockSize: 32, blockBytes: 17 },
  NVFP4: { blockSize: 64, blockBytes: 36 },
} as const satisfies Record<string, { blockSize: number; blockBytes: number }>;

/** Name of a storage type, as ggml and safetensors write it. */
export type StorageType = keyof typeof storage;

/** Bytes that `count` values take, or undefined when they do not fill whole blocks. */
export function storageBytes(type: StorageType, count: number): number | undefined {
  const { blockSize, blockBytes } = storage[type];
  return count % blockSize === 0 ? (count / blockSize) * blockBytes : undefined;
}
