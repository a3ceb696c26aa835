// A tensor that lies in a ByteSource: what both formats hand out once they know where it is.
import { UsageError } from "../errors.ts";
import type { StorageType } from "../tensor/dtype.ts";
import type { Shape } from "../tensor/shape.ts";
import { quote } from "./quote.ts";
import type { ByteSource } from "./source.ts";
import type { StoredTensor } from "./tensor-file.ts";

/** Where a tensor lies: `offset` counts from the beginning of the file. */
export interface TensorPlace {
  readonly name: string;
  /** Outermost dimension first. */
  readonly shape: Shape;
  readonly type: StorageType;
  readonly offset: number;
  readonly byteLength: number;
}

export function storedTensor(source: ByteSource, place: TensorPlace): StoredTensor {
  const { name, shape, type, byteLength } = place;
  return {
    name,
    shape,
    type,
    byteLength,
    file: source.name,
    read: async (range = { offset: 0, length: byteLength }, signal, into) => {
      const { offset, length } = range;
      const inside =
        Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0 && offset + length <= byteLength;
      if (!inside)
        throw new UsageError(`${source.name}: tensor ${quote(name)} has ${byteLength} bytes, ${length} from ${offset} on were asked for`);
      return source.read(place.offset + offset, length, signal, into);
    },
  };
}
