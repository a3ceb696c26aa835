// ggml's numbers for the storage types of tensors, those that cria reads and those that it refuses by name.
// Source: enum ggml_type in ggml.h.
import { FormatError } from "../../errors.ts";
import type { StorageType } from "../../tensor/dtype.ts";
import type { ByteCursor } from "../byte-cursor.ts";
import { quote } from "../quote.ts";

/** Storage type to its id in a GGUF file; the safetensors types that ggml does not have are absent. */
export const tensorTypeIds: ReadonlyMap<StorageType, number> = new Map([
  ["F32", 0],
  ["F16", 1],
  ["Q4_0", 2],
  ["Q4_1", 3],
  ["Q5_0", 6],
  ["Q5_1", 7],
  ["Q8_0", 8],
  ["Q2_K", 10],
  ["Q3_K", 11],
  ["Q4_K", 12],
  ["Q5_K", 13],
  ["Q6_K", 14],
  ["IQ2_XXS", 16],
  ["IQ2_XS", 17],
  ["IQ3_XXS", 18],
  ["IQ1_S", 19],
  ["IQ4_NL", 20],
  ["IQ3_S", 21],
  ["IQ2_S", 22],
  ["IQ4_XS", 23],
  ["I8", 24],
  ["I16", 25],
  ["I32", 26],
  ["I64", 27],
  ["F64", 28],
  ["IQ1_M", 29],
  ["BF16", 30],
  ["TQ1_0", 34],
  ["TQ2_0", 35],
  ["MXFP4", 39],
  ["NVFP4", 40],
]);

const typeOfId: ReadonlyMap<number, StorageType> = new Map([...tensorTypeIds].map(([type, id]) => [id, type]));

const removed = "was removed from ggml: quantise the original model again";
const refused: ReadonlyMap<number, string> = new Map([
  [4, `Q4_2 ${removed}`],
  [5, `Q4_3 ${removed}`],
  [9, "Q8_1 is ggml's form of activations, not of weights in files"],
  [15, "Q8_K is ggml's form of activations, not of weights in files"],
  [31, `Q4_0_4_4 ${removed} (as Q4_0)`],
  [32, `Q4_0_4_8 ${removed} (as Q4_0)`],
  [33, `Q4_0_8_8 ${removed} (as Q4_0)`],
  [36, `IQ4_NL_4_4 ${removed} (as IQ4_NL)`],
  [37, `IQ4_NL_4_8 ${removed} (as IQ4_NL)`],
  [38, `IQ4_NL_8_8 ${removed} (as IQ4_NL)`],
  [41, "Q1_0 is not supported"],
  [42, "Q2_0 is not supported"],
]);

export function readTensorType(cursor: ByteCursor, tensor: string): StorageType {
  const start = cursor.offset;
  const id = cursor.uint32(`the type of tensor ${quote(tensor)}`);
  const type = typeOfId.get(id);
  if (type !== undefined) return type;
  const reason = refused.get(id) ?? "no such type is known";
  throw new FormatError(`${cursor.name}: byte ${start}: tensor ${quote(tensor)} has ggml type ${id}: ${reason}`);
}
