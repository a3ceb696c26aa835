// Flags of a command line from schemas: one valibot schema a flag gives its type, its default, its check and the words of its help.
// node:util takes the line apart; what is said about a wrong one is said here.
import { type ParseArgsConfig, parseArgs } from "node:util";
import * as v from "valibot";
import { UsageError } from "../errors.ts";
import { nearest } from "../nearest.ts";

type PlainSchema =
  | v.BooleanSchema<undefined>
  | v.StringSchema<undefined>
  | v.NumberSchema<undefined>
  | v.SchemaWithPipe<readonly [v.NumberSchema<undefined>, ...v.PipeItem<number, number, v.BaseIssue<unknown>>[]]>
  | v.PicklistSchema<readonly string[], undefined>
  | v.ArraySchema<v.StringSchema<undefined>, undefined>;

type FlagSchema = PlainSchema | v.OptionalSchema<PlainSchema, v.Default<PlainSchema, undefined>>;

export interface Flag {
  readonly schema: FlagSchema;
  /** One line. */
  readonly help: string;
  /** What the help calls the value: MODEL, N; not for switches. */
  readonly value?: string;
  /** One letter: -m. */
  readonly short?: string;
}

/** By name in camelCase: `maxTokens` is --max-tokens. */
export type Flags = Readonly<Record<string, Flag>>;

export type Values<F extends Flags> = { readonly [K in keyof F]: v.InferOutput<F[K]["schema"]> };

export interface CommandLine<F extends Flags> {
  readonly values: Values<F>;
  /** What is not a flag. */
  readonly rest: readonly string[];
}

/** A whole number of at least `least`. */
export function whole(
  least: number,
): v.SchemaWithPipe<readonly [v.NumberSchema<undefined>, v.IntegerAction<number, undefined>, v.MinValueAction<number, number, undefined>]> {
  return v.pipe(v.number(), v.integer(), v.minValue(least));
}

export function flagName(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/**
 * Reads the arguments after the command's name.
 *
 * @throws UsageError for an unknown flag, naming the nearest known one, and for a value that its schema refuses
 */
export function parseFlags<F extends Flags>(args: readonly string[], flags: F): CommandLine<F> {
  const names = new Map(Object.keys(flags).map((name) => [flagName(name).slice(2), name]));
  const options: NonNullable<ParseArgsConfig["options"]> = {};
  for (const [flag, name] of names) {
    const { kind } = describe(flags[name].schema);
    options[flag] = { type: kind === "switch" ? "boolean" : "string", multiple: kind === "list", ...shortOf(flags[name]) };
  }
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });

  const given: Record<string, unknown> = {};
  const rest: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") rest.push(token.value);
    if (token.kind !== "option") continue;
    const name = names.get(token.name);
    if (name === undefined) throw new UsageError(unknownFlag(token.rawName, [...names.keys()]));
    const { kind } = describe(flags[name].schema);
    const value = kind === "switch" ? switchValue(token.rawName, token.value) : textValue(token.rawName, token.value, token.inlineValue);
    if (kind === "list") given[name] = [...((given[name] as unknown[]) ?? []), value];
    else given[name] = kind === "number" ? numberIn(String(value)) : value;
  }
  return { values: check(flags, given), rest };
}

function check<F extends Flags>(flags: F, given: Record<string, unknown>): Values<F> {
  const values: Record<string, unknown> = {};
  for (const [name, { schema }] of Object.entries(flags)) {
    const result = v.safeParse(schema, given[name]);
    if (!result.success) {
      const { expected } = describe(schema);
      throw new UsageError(
        name in given
          ? `${flagName(name)} is ${JSON.stringify(given[name])}: expected ${expected}`
          : `${flagName(name)} is missing: give ${expected}`,
      );
    }
    values[name] = result.output;
  }
  return values as Values<F>;
}

function shortOf({ short }: Flag): { short?: string } {
  return short === undefined ? {} : { short };
}

function unknownFlag(given: string, known: readonly string[]): string {
  const near = nearest(given.replace(/^-+/, ""), known);
  return `there is no flag ${given}${near === undefined ? "" : `: did you mean --${near}?`}`;
}

function switchValue(flag: string, value: string | undefined): true {
  if (value !== undefined) throw new UsageError(`${flag} takes no value, "${value}" was given`);
  return true;
}

/** A value that looks like a flag is most likely one, and the value was forgotten. Numbers and the lone dash are values. */
function textValue(flag: string, value: string | undefined, inline: boolean | undefined): string {
  if (value === undefined) throw new UsageError(`${flag} needs a value`);
  if (!inline && /^-[^\d.]/.test(value)) throw new UsageError(`${flag} needs a value: if "${value}" is meant, write ${flag}=${value}`);
  return value;
}

/** The number that a text is, or the text for the schema to refuse. */
function numberIn(text: string): number | string {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : text;
}

interface Description {
  readonly kind: "switch" | "number" | "text" | "list";
  /** In words, for messages and help. */
  readonly expected: string;
  readonly fallback: unknown;
}

/** What a schema says about itself. */
export function describe(schema: FlagSchema): Description {
  switch (schema.type) {
    case "optional":
      return { ...describe(schema.wrapped), fallback: v.getDefault(schema) };
    case "boolean":
      return { kind: "switch", expected: "no value", fallback: undefined };
    case "number":
      return { kind: "number", expected: describeNumber("pipe" in schema ? schema.pipe : []), fallback: undefined };
    case "picklist":
      return { kind: "text", expected: schema.options.join(" or "), fallback: undefined };
    case "array":
      return { kind: "list", expected: "a text", fallback: undefined };
    case "string":
      return { kind: "text", expected: "a text", fallback: undefined };
  }
}

function describeNumber(pipe: readonly { type: string }[]): string {
  const bound = (type: string): unknown =>
    (pipe.find((action) => action.type === type) as { requirement?: unknown } | undefined)?.requirement;
  const [above, least, most] = ["gt_value", "min_value", "max_value"].map(bound);
  const kind = pipe.some(({ type }) => type === "integer" || type === "safe_integer") ? "a whole number" : "a number";
  const from = above === undefined ? (least === undefined ? "" : ` from ${least}`) : ` above ${above}`;
  return kind + from + (most === undefined ? (least === undefined ? "" : " on") : ` to ${most}`);
}
