// A mistyped option is a mistake, not a default.
import { UsageError } from "../errors.ts";
import { nearest } from "../nearest.ts";

/** @throws UsageError for the first name among `options` that is not among those of `known` */
export function checkOptionNames<O extends object>(options: O, known: Readonly<Record<keyof O, true>>): void {
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(known, name)) continue;
    const meant = nearest(name, Object.keys(known));
    throw new UsageError(`there is no option "${name}"${meant ? `: did you mean "${meant}"?` : ""}`);
  }
}
