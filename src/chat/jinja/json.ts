// The tojson filter as transformers defines it for chat templates: json.dumps of Python, without jinja2's HTML escapes.
import { UsageError } from "../../errors.ts";
import type { Budget } from "./limits.ts";
import { reprFloat } from "./text.ts";
import { type DictKey, Tuple, typeName, Undefined, type Value } from "./values.ts";

interface JsonOptions {
  readonly ensureAscii: boolean;
  readonly sortKeys: boolean;
  /** One level of indentation; undefined puts all on one line. */
  readonly indent: string | undefined;
  readonly itemSeparator: string;
  readonly keySeparator: string;
}

export function toJson(budget: Budget, value: Value, options: JsonOptions): string {
  const { indent, itemSeparator, keySeparator } = options;

  const string = (text: string): string => {
    budget.text(text.length);
    const json = JSON.stringify(text);
    return options.ensureAscii
      ? json.replace(/[\x7f-\uffff]/g, (c) => (c === "\x7f" ? c : `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`))
      : json;
  };

  const block = (open: string, parts: string[], close: string, level: number): string => {
    if (parts.length === 0) return open + close;
    budget.text((indent?.length ?? 0) * (level + 1));
    const newline = (n: number) => (indent === undefined ? "" : "\n" + indent.repeat(n));
    const glue = itemSeparator + newline(level + 1);
    budget.text(parts.reduce((sum, part) => sum + part.length + glue.length, 2 * glue.length));
    return open + newline(level + 1) + parts.join(glue) + newline(level) + close;
  };

  const write = (v: Value, level: number): string => {
    if (v === null) return "null";
    if (typeof v === "boolean" || typeof v === "bigint") return v.toString();
    if (typeof v === "number") return Number.isFinite(v) ? reprFloat(v) : String(v);
    if (typeof v === "string") return string(v);
    const items = Array.isArray(v) ? v : v instanceof Tuple ? v.items : undefined;
    budget.enter();
    let json: string;
    if (items) {
      const parts = items.map((item) => write(item, level + 1));
      json = block("[", parts, "]", level);
    } else if (v instanceof Map) {
      const entries = Array.from(v, ([key, item]): [string, Value] => [keyText(key), item]);
      if (options.sortKeys) entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
      const parts = entries.map(([key, item]) => string(key) + keySeparator + write(item, level + 1));
      json = block("{", parts, "}", level);
    } else {
      throw new UsageError(v instanceof Undefined ? v.reason : `tojson: a ${typeName(v)} cannot be written as JSON`);
    }
    budget.leave();
    return json;
  };

  return write(value, 0);
}

function keyText(key: DictKey): string {
  return typeof key === "number" ? reprFloat(key) : String(key);
}
