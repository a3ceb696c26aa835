// Lists of a request. Valibot looks at all items of a list before it counts them, and makes objects for each: of millions, that takes seconds in which the
// server answers nobody.
import * as v from "valibot";
import { MOST_IDS } from "./limits.ts";

/** A list with so many items, counted before any of them is looked at. */
export function listOf<const S extends v.GenericSchema>(item: S, most: number, least = 0) {
  return v.pipe(v.custom<v.InferInput<S>[]>(Array.isArray, "expected a list"), v.minLength(least), v.maxLength(most), v.array(item));
}

/** A text, or this list: which of them is told by the value, so that what is wrong is told by the one that was meant. */
export function textOr<const L extends v.GenericSchema>(list: L, message = "expected a text or a list") {
  const text = v.string(message);
  // The options for who looks through a schema: a function that picks one does not show them.
  return Object.assign(
    v.lazy((given): typeof text | L => (Array.isArray(given) ? list : text)),
    { options: [text, list] },
  );
}

/** Token ids, in a plain loop. */
export function tokenIds(least = 0) {
  return v.pipe(
    v.custom<number[]>(Array.isArray, "expected a list of token ids"),
    v.minLength(least),
    v.maxLength(MOST_IDS),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed) return;
      const ids: readonly unknown[] = dataset.value;
      const key = ids.findIndex((id) => !isTokenId(id));
      if (key < 0) return;
      const value = ids[key];
      addIssue({
        input: value,
        message: "expected a token id, a whole number from 0",
        path: [{ type: "array", origin: "value", input: dataset.value, key, value }],
      });
    }),
  );
}

export function isTokenId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
