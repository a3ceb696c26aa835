// What zod writes as JSON Schema, in each of its dialects: whatever the grammar lets come, zod takes.
import { expect, it } from "vitest";
import { z } from "zod";
import { formatConstraint } from "../src/generate/grammar/format-constraint.ts";
import { createRng } from "../src/tensor/rng.ts";
import { byteTokenizer } from "./byte-tokenizer.ts";

const Tree: z.ZodType = z.lazy(() => z.object({ v: z.boolean(), next: Tree.nullable() }));
const Node = z.object({
  v: z.int(),
  get next() {
    return Node.nullable();
  },
});

const schemas: Record<string, z.ZodType> = {
  date: z.iso.date(),
  datetime: z.iso.datetime(),
  "datetime, local": z.iso.datetime({ local: true, offset: true }),
  "datetime, milliseconds": z.iso.datetime({ precision: 3 }),
  time: z.iso.time(),
  duration: z.iso.duration(),
  email: z.email(),
  "email, short": z.email().max(30),
  "email, long": z.email().min(10).max(255),
  "email, html5": z.email({ pattern: z.regexes.html5Email }),
  "email, rfc5322": z.email({ pattern: z.regexes.rfc5322Email }),
  "email, unicode": z.email({ pattern: z.regexes.unicodeEmail }),
  "email of a host": z.email().regex(/@x\.com$/),
  uuid: z.uuid(),
  uuidv4: z.uuidv4(),
  uuidv7: z.uuidv7(),
  guid: z.guid(),
  url: z.url(),
  "url, short": z.url().max(40),
  "url, long": z.url().max(2083),
  hostname: z.hostname(),
  ipv4: z.ipv4(),
  "ipv4, long": z.ipv4().min(12),
  ipv6: z.ipv6(),
  mac: z.mac(),
  cidrv4: z.cidrv4(),
  cidrv6: z.cidrv6(),
  e164: z.e164(),
  emoji: z.emoji(),
  base64: z.base64(),
  base64url: z.base64url(),
  hex: z.hex(),
  hash: z.hash("sha256"),
  jwt: z.jwt(),
  nanoid: z.nanoid().max(21),
  cuid: z.cuid(),
  cuid2: z.cuid2(),
  ulid: z.ulid(),
  xid: z.xid(),
  ksuid: z.ksuid(),
  lowercase: z.string().lowercase(),
  uppercase: z.string().uppercase(),
  "format of one's own": z.stringFormat("colour", /^#[0-9a-f]{6}$/),
  startsWith: z.string().startsWith("ab").max(4),
  endsWith: z.string().endsWith("a.b").min(5).max(9),
  includes: z.string().includes("x").length(5),
  several: z.string().includes("x").startsWith("y").regex(/z$/).max(9),
  "regex and length": z
    .string()
    .regex(/^[a-z]+$/)
    .min(3)
    .max(500),
  "regex, looking ahead": z.string().regex(/^(?=.*\d)(?!.*bad)[a-z\d]{4,6}$/),
  "regex, words": z
    .string()
    .regex(/\bcat\b/)
    .max(12),
  "regex, properties": z
    .string()
    .regex(/^\p{Script=Greek}+$/u)
    .max(6),
  template: z.templateLiteral(["a-", z.number(), "-", z.enum(["x", "y"])]),
  int: z.int(),
  int32: z.int32(),
  uint32: z.uint32(),
  float32: z.float32(),
  positive: z.number().int().positive(),
  between: z.number().gt(0).lt(1),
  multiple: z.number().multipleOf(5),
  "multiple, fraction": z.number().multipleOf(0.25).min(-2).max(3.1),
  "multiple, whole": z.int().multipleOf(7).min(-20).max(100),
  record: z.record(z.string().max(3), z.boolean()),
  "record of names": z.record(z.enum(["a", "b"]), z.int32()),
  "record of some names": z.partialRecord(z.enum(["a", "b"]), z.boolean()),
  "record of a pattern": z.record(z.string().regex(/^k\d$/), z.boolean()),
  tuple: z.tuple([z.boolean(), z.int32()]),
  "tuple with a rest": z.tuple([z.null()], z.boolean()),
  "tuple, optional": z.tuple([z.boolean(), z.boolean().optional()]),
  union: z.union([z.ipv4(), z.boolean(), z.null()]),
  discriminated: z.discriminatedUnion("k", [
    z.object({ k: z.literal("a"), x: z.int32() }),
    z.object({ k: z.null(), y: z.boolean() }),
    z.discriminatedUnion("l", [
      z.object({ k: z.literal("c"), l: z.literal(1) }),
      z.object({ k: z.literal("c"), l: z.literal(2), z: z.boolean() }),
    ]),
  ]),
  exclusive: z.xor([z.boolean(), z.int32()]),
  intersection: z.intersection(z.object({ a: z.int32() }), z.object({ b: z.boolean() })),
  nullable: z.iso.date().nullable(),
  "nullable enum": z.enum(["a", "b"]).nullable(),
  optional: z.object({ a: z.boolean().optional(), b: z.boolean().nullish(), c: z.never().optional() }),
  defaults: z.object({ a: z.boolean().default(true), b: z.int32().prefault(3) }),
  literal: z.literal(["a", 1, null]),
  "enum of numbers": z.enum({ A: 0, B: 1 }),
  recursive: Node,
  "recursive, lazy": Tree,
  strict: z.strictObject({ a: z.boolean() }),
  catchall: z.object({ a: z.boolean() }).catchall(z.int32()),
  described: z.object({ a: z.boolean().meta({ id: "Flag", title: "t", deprecated: true, examples: [true] }) }).readonly(),
};

/** One of the bytes that may come, by chance, and whatever brings the end nearer somewhat rather. */
async function babble(schema: unknown, seed: number): Promise<string> {
  const constraint = await formatConstraint(byteTokenizer, { kind: "schema", schema });
  const rng = createRng(seed);
  const scores = new Float32Array(byteTokenizer.vocabSize);
  const bytes: number[] = [];
  while (!constraint.finished) {
    const row = constraint.mask(scores);
    const possible = Array.from(row.keys()).filter((id) => row[id] === 0);
    const ending = possible.filter((id) => id === byteTokenizer.eosId || '"}]nt'.includes(String.fromCharCode(id)));
    const from = ending.length > 0 && rng.uniform() < Math.min(0.9, bytes.length / 50) ? ending : possible;
    const id = from[Math.floor(rng.uniform() * from.length)];
    constraint.accept(id);
    bytes.push(id);
  }
  const text = byteTokenizer.decode(bytes.filter((id) => id !== byteTokenizer.eosId));
  constraint.verify(text);
  constraint.dispose();
  return text;
}

it.each(Object.entries(schemas))("%s", async (name, schema) => {
  const dialects = new Set<string>();
  for (const target of ["draft-2020-12", "draft-7", "openapi-3.0"] as const) {
    // OpenAPI 3.0 has no words for the names of properties, and for items one by one.
    if (target === "openapi-3.0" && /^(record|tuple)/.test(name)) continue;
    const { $schema: _, ...written } = z.toJSONSchema(schema, { target });
    dialects.add(JSON.stringify(written));
  }
  for (const written of dialects) {
    for (const seed of [1, 2, 3]) {
      const text = await babble(JSON.parse(written), seed);
      expect(schema.safeParse(JSON.parse(text)).error, `${text} for ${written}`).toBeUndefined();
    }
  }
});
