// What the arguments of a function have to be: a grammar for those that are still written, and another implementation for those that are whole.
import { InternalError, UsageError } from "../../errors.ts";
import type { Constraint } from "../../generate/constraint.ts";
import { formatConstraint } from "../../generate/grammar/format-constraint.ts";
import { loosenSchema } from "../../generate/grammar/loosen-schema.ts";
import { formatKey, prepareFormat } from "../../generate/grammar/prepare-format.ts";
import type { Schema } from "../../generate/grammar/schema-keywords.ts";
import { createValidator, type Validator } from "../../generate/grammar/validator.ts";
import type { OutputFormat } from "../../generate/output-format.ts";
import { turn } from "../../generate/turn.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import type { Tool } from "../messages.ts";

export interface ToolParameters {
  /** The grammar holds all that is asked of the arguments. */
  readonly enforced: boolean;
  /** The grammar, at the beginning of the arguments. */
  constrain(): Promise<Constraint>;
  /** Whether arguments are right that no grammar promised to be. @param text JSON of an object */
  fit(text: string): Promise<boolean>;
  /** Asks once more, of arguments that are whole. @param text JSON of an object @throws InternalError for those that are not right */
  verify(text: string): void;
}

/** Most letters of schemas that are kept: agents send the same tools with each request, and some milliseconds a tool would be spent each time. */
const MOST_KEPT = 1_000_000;

interface Prepared {
  readonly enforced: boolean;
  readonly format: OutputFormat;
  readonly validator: Validator;
}

/** The latest last. */
const kept = new Map<string, Promise<Prepared>>();
let letters = 0;

/**
 * @param exactly the grammar has to hold all of it
 * @throws UsageError naming what cannot be enforced or, if not `exactly`, what can be neither enforced nor checked at the end
 */
export async function toolParameters(tokenizer: Tokenizer, { function: offered }: Tool, exactly: boolean): Promise<ToolParameters> {
  const { name, parameters } = offered;
  const schema = parameters ? { type: "object", ...parameters } : { type: "object", properties: {}, additionalProperties: false };
  const { enforced, format, validator } = await prepared(formatKey({ kind: "schema", schema }), exactly);
  const right = (text: string): boolean => validator.satisfies(JSON.parse(text));
  const constrain = (): Promise<Constraint> => formatConstraint(tokenizer, format);
  return {
    enforced,
    constrain,
    async fit(text) {
      const fits = validator.fits(JSON.parse(text));
      if (fits !== undefined) return fits;
      // What no validator can tell a grammar does, in the order of the schema.
      const constraint = await constrain();
      try {
        // Grammars have little white space.
        return constraint.acceptText(JSON.stringify(JSON.parse(text))) && constraint.finished;
      } finally {
        constraint.dispose();
      }
    },
    verify(text) {
      if (right(text)) return;
      // Errors go to logs, and answers do not.
      throw new InternalError(`the arguments of a call of "${name}" do not satisfy their schema, though every token of them was allowed`);
    },
  };
}

async function prepared(schemaKey: string, exactly: boolean): Promise<Prepared> {
  const key = `${exactly} ${schemaKey}`;
  const work = kept.get(key) ?? prepare(schemaKey, exactly);
  forget(key);
  kept.set(key, work);
  letters += key.length;
  for (const oldest of kept.keys()) {
    if (letters <= MOST_KEPT) break;
    forget(oldest);
  }
  try {
    return await work;
  } catch (error) {
    forget(key);
    throw error;
  }
}

function forget(key: string): void {
  if (kept.delete(key)) letters -= key.length;
}

async function prepare(key: string, exactly: boolean): Promise<Prepared> {
  await turn(); // there may be many tools, and others wait
  const { schema } = JSON.parse(key) as { schema: Schema };
  const format = await formatFor(schema, exactly);
  const validator = await createValidator(schema);
  validator.read();
  return { ...format, validator };
}

async function formatFor(schema: Schema, exactly: boolean): Promise<Pick<Prepared, "format" | "enforced">> {
  const whole = { kind: "schema", schema } as const;
  try {
    await prepareFormat(formatKey(whole));
    return { format: whole, enforced: true };
  } catch (error) {
    if (exactly || !(error instanceof UsageError)) throw error;
  }
  const loose = { kind: "schema", schema: loosenSchema(schema) } as const;
  await prepareFormat(formatKey(loose));
  return { format: loose, enforced: false };
}
