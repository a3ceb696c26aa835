// Lists of a schema, as rules.
import { UsageError } from "../../errors.ts";
import * as json from "./json-rules.ts";
import { count, list } from "./keyword-values.ts";
import type { SchemaReader } from "./object-rules.ts";
import { isNever, type Placed, refusal } from "./schema-keywords.ts";

export function arrayRule({ rules, value }: SchemaReader, { schema, path }: Placed, depth: number): string {
  if (schema.uniqueItems !== undefined && schema.uniqueItems !== false)
    throw refusal(path, "uniqueItems", ": leave it out, or say it in the prompt");
  const prefix = list(schema.prefixItems ?? [], path, "prefixItems", 0).map((item, i) =>
    value(item, `${path}/prefixItems/${i}`, depth + 1),
  );
  const least = count(schema, "minItems", path, 0);
  const closed = isNever(schema.items) || (schema.items === undefined && prefix.length > 0 && least <= prefix.length);
  const item = closed ? undefined : value(schema.items ?? true, `${path}/items`, depth + 1);
  const most = Math.min(count(schema, "maxItems", path, Number.POSITIVE_INFINITY), closed ? prefix.length : Number.POSITIVE_INFINITY);
  if (least > most) throw new UsageError(`schema: ${path || "/"}: at least ${least} items are asked for, at most ${most} are allowed`);
  // From the last item to the first, as with properties: each of the prefix may be left out where all behind it are.
  const front = prefix.slice(0, most);
  const repeat = (from: number): string => {
    const [min, max] = [Math.max(0, least - from), most - from];
    return item === undefined || max <= 0 ? '""' : rules.repeat(`${json.comma} ${item}`, min, max);
  };
  let body = front.length > 0 ? repeat(front.length) : first(item, least, most, () => repeat(1));
  for (const [i, rule] of [...front.entries()].reverse()) {
    const from = `${i === 0 ? "" : `${json.comma} `}${rule} ${body}`;
    body = i >= least ? `(${from})?` : from;
  }
  const name = rules.rule(`"[" ${body} "]"`);
  const needed = [...front.slice(0, least), ...(least > front.length && item !== undefined ? [item] : [])];
  rules.finiteIf(name, (ends) => needed.every(ends));
  return name;
}

function first(item: string | undefined, least: number, most: number, rest: () => string): string {
  if (item === undefined || most === 0) return '""';
  return `(${item} ${rest()})${least > 0 ? "" : "?"}`;
}
