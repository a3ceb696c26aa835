// The body of a request against its schema: what is wrong with it is said by the place where it stands.
import * as v from "valibot";
import { UsageError } from "../errors.ts";
import { nearest } from "../nearest.ts";

/** One parameter of a request is wrong. */
export class ParameterError extends UsageError {
  override name = "ParameterError";
  /** Where it stands: `messages[0].role`. */
  readonly parameter: string | undefined;
  /** The same for logs, where the names that the caller made up are no more told than what stands there: `metadata.*`. */
  readonly logged: string | undefined;
  constructor(message: string, parameter: string | undefined, logged: string | undefined = parameter) {
    super(message);
    this.parameter = parameter;
    this.logged = logged;
  }
}

/**
 * @param schema a strict object refuses names that it does not have, as OpenAI does; a plain one leaves them out
 * @throws ParameterError for the first thing that the schema refuses
 */
export function parseRequest<const S extends v.GenericSchema>(schema: S, body: unknown): v.InferOutput<S> {
  checkNames(schema, body);
  const result = v.safeParse(schema, body, { abortEarly: true });
  if (result.success) return result.output;
  const issue = deepest(result.issues[0]);
  const place = placeOf(issue, shownName);
  const known = namesIn(schema);
  const logged = placeOf(issue, (name) => (known.has(name) ? name : "*"));
  const refused = (what: string): ParameterError => new ParameterError(what, place, logged);
  if (place === undefined) throw refused(`the body is ${shown(issue.input)}: expected a JSON object`);
  if (issue.type === "strict_object" && issue.expected === "never") throw refused(`there is no parameter ${place}`);
  // An object says of a missing entry that its name was expected.
  if (issue.input === undefined) throw refused(`${place} is missing`);
  // A schema that says it all itself does so where the value is a part of a conversation.
  if (issue.message.startsWith("is ")) throw refused(`${place} ${issue.message}`);
  throw refused(`${place} is ${shown(issue.input)}: expected ${expectedBy(issue)}`);
}

type Issue = v.BaseIssue<unknown>;

/** Of a union, the branch that came furthest says what is wrong. */
function deepest(issue: Issue): Issue {
  const inner = (issue.issues ?? []).map(deepest).filter(({ path }) => path && path.length > 0);
  const [first] = inner.sort((a, b) => (b.path?.length ?? 0) - (a.path?.length ?? 0));
  if (!first) return issue;
  // valibot gives the issues of a union's branches paths from the union on.
  const path = [...(issue.path ?? []), ...(first.path ?? [])] as unknown as Issue["path"];
  return { ...first, path };
}

/** @param nameOf how a name on the way is written */
function placeOf({ path }: Issue, nameOf: (name: string) => string): string | undefined {
  if (!path) return undefined;
  return path.map(({ key }, i) => (typeof key === "number" ? `[${key}]` : `${i > 0 ? "." : ""}${nameOf(String(key))}`)).join("");
}

/** All names that a schema has for entries, at any depth. Those of a record are the caller's. */
function namesIn(schema: v.GenericSchema): Set<string> {
  const names = new Set<string>();
  const visit = (each: v.GenericSchema): void => {
    if ("entries" in each) for (const name of Object.keys(each.entries as object)) names.add(name);
    // Within each other schemas stand alone, in a list or under names.
    const parts = Object.values(each).flatMap((part) => (isSchema(part) ? [part] : Object.values(Object(part))));
    for (const part of parts) if (isSchema(part)) visit(part);
  };
  visit(schema);
  return names;
}

function isSchema(value: unknown): value is v.GenericSchema {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "schema";
}

/** A mistyped name is told before what is missing because of it. */
function checkNames(schema: v.GenericSchema, body: unknown): void {
  if (schema.type !== "strict_object" || !("entries" in schema) || typeof body !== "object" || body === null) return;
  const known = Object.keys(schema.entries as object);
  for (const name of Object.keys(body)) {
    if (known.includes(name)) continue;
    const near = nearest(name, known);
    const hint = near === undefined ? "" : `: did you mean ${near}?`;
    throw new ParameterError(`there is no parameter ${shownName(name)}${hint}`, shownName(name), "*");
  }
}

/** A message that the schema gives itself is in words: "expected ..." without its first word. */
function expectedBy({ expected, requirement, message, type }: Issue): string {
  if (message.startsWith("expected ")) return message.slice("expected ".length);
  if (type === "min_value" || type === "max_value") return `a number ${type === "min_value" ? "from" : "up to"} ${requirement}`;
  if (type === "gt_value") return `a number above ${requirement}`;
  if (type === "min_length" || type === "max_length") return `${type === "min_length" ? "at least" : "at most"} ${requirement} of it`;
  return type === "integer"
    ? "a whole number"
    : (expected ?? "something else")
        .replace(/[()]/g, "")
        .replaceAll(" | ", " or ")
        .replaceAll("Object", "an object")
        .replaceAll("Array", "a list")
        .replace(/\bstring\b/, "a text")
        .replace(/\bnumber\b/, "a number")
        .replace(/\bboolean\b/, "true or false");
}

/** In a message, briefly: contents of messages do not belong into errors. */
export function shown(value: unknown): string {
  if (typeof value === "string") return value.length <= 40 ? JSON.stringify(value) : `a text of ${value.length} characters`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  return String(value);
}

/** A name is shown as it is, one that nobody would write only in part. */
function shownName(name: string): string {
  return name.length <= 64 ? name : `${name.slice(0, 64)}...`;
}
