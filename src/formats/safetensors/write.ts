// Writes safetensors files in the order and with the bytes of the format's own library: widest types first, then by name; a compact JSON header
// padded with spaces to a multiple of 8.
import { UnsupportedError } from "../../errors.ts";
import { quote } from "../quote.ts";
import { inputByteLength, inputChunks, refuseDuplicates, type TensorInput } from "../tensor-input.ts";
import { safetensorsTypes } from "./dtypes.ts";
import { headerStart } from "./header.ts";

/**
 * A safetensors file, chunk by chunk: `await writeFile(path, writeSafetensors(tensors))`, or `collectBytes(writeSafetensors(tensors))` for a small one.
 *
 * @param metadata free strings for "__metadata__", in their order; left out when there are none
 * @throws UsageError for two tensors of one name or data that do not fill a tensor; UnsupportedError for block types, which safetensors lacks
 */
export async function* writeSafetensors(
  tensors: readonly TensorInput[],
  metadata: ReadonlyMap<string, string> = new Map(),
): AsyncGenerator<Uint8Array> {
  refuseDuplicates(tensors);
  const inOrder = tensors
    .map((tensor) => ({ tensor, rank: rank(tensor) }))
    .sort((a, b) => a.rank - b.rank || compareUtf8(a.tensor.name, b.tensor.name))
    .map(({ tensor }) => tensor);
  yield header(inOrder, metadata);
  for (const tensor of inOrder) yield* inputChunks(tensor);
}

/** Place of its type in the order of the file. */
function rank({ name, type }: TensorInput): number {
  const index = safetensorsTypes.indexOf(type);
  if (index < 0) throw new UnsupportedError(`tensor ${quote(name)}: safetensors has no type ${type}`);
  return index;
}

function header(tensors: readonly TensorInput[], metadata: ReadonlyMap<string, string>): Uint8Array {
  const entries: [string, unknown][] = [];
  if (metadata.size > 0) entries.push(["__metadata__", Object.fromEntries(metadata)]);
  let begin = 0;
  for (const tensor of tensors) {
    const end = begin + inputByteLength(tensor);
    entries.push([tensor.name, { dtype: tensor.type, shape: tensor.shape, data_offsets: [begin, end] }]);
    begin = end;
  }
  // Joined by hand: an object would put names that look like numbers first.
  const json = `{${entries.map(([name, entry]) => `${JSON.stringify(name)}:${JSON.stringify(entry)}`).join(",")}}`;
  const text = new TextEncoder().encode(json);
  const length = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(headerStart + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(text, headerStart);
  return bytes;
}

/** By code points, as UTF-8 sorts; JavaScript compares UTF-16 units, which puts U+E000 to U+FFFF after the astral planes. */
function compareUtf8(a: string, b: string): number {
  const [left, right] = [Array.from(a), Array.from(b)];
  const i = left.findIndex((character, at) => character !== right[at]);
  if (i < 0) return left.length - right.length;
  return (left[i].codePointAt(0) ?? 0) - (right[i]?.codePointAt(0) ?? -1);
}
