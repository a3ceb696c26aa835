// Schemas by chance, as people write them: objects, lists with bounds, enums, patterns, numbers with bounds, references (to themselves, too) and choices.
import { createRng } from "../src/tensor/rng.ts";

type Json = Record<string, unknown>;

const names = ["name", "age", "email", "tags", "größe", "is_active", "créé", "id", "note", "😀", 'say "hi"', "a/b"];
const words = ["red", "green", "blue", "sehr gut", "日本", "🙂", 'quo"te', "back\\slash", "tab\there"];
const patterns = [
  "^[A-Z]{2}\\d{3}$",
  "^(yes|no|maybe)$",
  "^\\w+@\\w+\\.(com|org)$",
  "^#[0-9a-f]{6}$",
  "^[^\\s]{1,8}$",
  "^é?[à-ü]{1,3}$",
  "^\\d{1,3}(,\\d{3})*$",
];
const formats = ["date", "time", "date-time", "uuid", "ipv4", "email", "duration"];

/** @returns a schema of depth 4 at most; the same one for the same seed */
export function randomSchema(seed: number): Json {
  const rng = createRng(seed);
  const below = (n: number): number => Math.floor(rng.uniform() * n);
  const one = <T>(items: readonly T[]): T => items[below(items.length)];
  const some = <T>(items: readonly T[], most: number): T[] => [...items].sort(() => rng.uniform() - 0.5).slice(0, 1 + below(most));

  const number = (): Json => {
    const type = one(["integer", "number"]);
    const least = below(200) - 100;
    const most = least + 1 + below(1000);
    return one<Json>([
      { type },
      { type, minimum: least },
      { type, maximum: most },
      { type, minimum: least, maximum: most },
      { type: "number", exclusiveMinimum: least / 4, exclusiveMaximum: most / 4 },
      { type: "integer", exclusiveMinimum: least, exclusiveMaximum: most + 1 },
    ]);
  };
  const text = (): Json => {
    const least = below(6);
    return one<Json>([
      { type: "string" },
      { type: "string", minLength: least, maxLength: least + below(20) },
      { type: "string", maxLength: 1 + below(30) },
      { type: "string", pattern: one(patterns) },
      { type: "string", format: one(formats) },
      { enum: some(words, 5) },
    ]);
  };
  const leaf = (): Json =>
    one([
      number,
      text,
      text,
      () => ({ type: "boolean" }),
      () => ({ type: "null" }),
      () => ({ const: one(words) }),
      () => ({ enum: [1, null, ...some(words, 2)] }),
    ])();
  const value = (depth: number): Json => {
    if (depth === 0) return leaf();
    const least = below(3);
    const inner = (): Json => value(depth - 1);
    const record = (): Json => {
      const properties = Object.fromEntries(some(names, 5).map((name) => [name, inner()]));
      const required = Object.keys(properties).filter(() => rng.uniform() < 0.6);
      return { type: "object", properties, required, ...(rng.uniform() < 0.7 ? { additionalProperties: false } : {}) };
    };
    return one<() => Json>([
      leaf,
      record,
      record,
      () => ({ type: "array", items: inner(), minItems: least, maxItems: least + below(3) }),
      () => ({ type: "array", prefixItems: [inner(), inner()], items: false, minItems: least }),
      () => ({ anyOf: [inner(), inner()] }),
      () => ({ $ref: "#/$defs/shared" }),
      () => ({ $ref: "#/$defs/tree" }),
    ])();
  };

  const root = value(3);
  const shared = leaf();
  const children = { type: "array", items: { $ref: "#/$defs/tree" }, maxItems: 2 };
  const tree = { type: "object", properties: { value: leaf(), children }, required: ["value"], additionalProperties: false };
  return { ...root, $defs: { shared, tree } };
}
