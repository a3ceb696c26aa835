// The dtypes of safetensors that cria stores, in the order in which the format's own library writes tensors: widest alignment first.
import type { StorageType } from "../../tensor/dtype.ts";

/** Their names are cria's names too. */
export const safetensorsTypes: readonly StorageType[] = [
  "U64",
  "I64",
  "F64",
  "F32",
  "U32",
  "I32",
  "BF16",
  "F16",
  "U16",
  "I16",
  "F8_E4M3",
  "F8_E5M2",
  "I8",
  "U8",
  "BOOL",
];
