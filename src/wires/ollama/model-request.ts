// Requests about models: which one, and what shall become of it.
import * as v from "valibot";
import { ParameterError, parseRequest } from "../request.ts";
import { optionEntries } from "./options.ts";
import { modelName } from "./schemas.ts";

/** Ollama calls it `model`, older clients `name`. */
const which = { model: v.nullish(modelName), name: v.nullish(modelName) } as const;

const oneModel = v.object({ ...which, stream: v.nullish(v.boolean()) });

/** @throws ParameterError */
export function readModelRequest(body: unknown): { readonly model: string; readonly stream: boolean } {
  const given = parseRequest(oneModel, body);
  return { model: nameIn(given), stream: given.stream ?? true };
}

/** @throws ParameterError */
export function readCopyRequest(body: unknown): { readonly source: string; readonly destination: string } {
  return parseRequest(v.object({ source: modelName, destination: modelName }), body);
}

const createSchema = v.object({
  ...which,
  from: v.nullish(modelName),
  system: v.nullish(v.string()),
  parameters: v.nullish(v.strictObject(optionEntries)),
  stream: v.nullish(v.boolean()),
});

/** What Ollama can make and cria cannot, and why. */
const refused: Readonly<Record<string, string>> = {
  files: "models are not uploaded: put the file on the server's disk, or pull it",
  adapters: "adapters are not applied",
  template: "Ollama's templates are in Go's language, and the model has its own in Jinja",
  license: "the model has its own",
  messages: "send them with each request",
  quantize: "cria export writes a model in another type",
  quantization: "cria export writes a model in another type",
  modelfile: "say from, system and parameters instead",
  path: "say from, system and parameters instead",
};

export interface CreateRequest {
  readonly model: string;
  readonly from: string;
  readonly system: string | undefined;
  readonly parameters: Readonly<Record<string, unknown>> | undefined;
  readonly stream: boolean;
}

/** @throws ParameterError */
export function readCreateRequest(body: unknown): CreateRequest {
  const given = parseRequest(createSchema, body);
  for (const [name, why] of Object.entries(refused)) {
    const value = (body as Record<string, unknown>)[name];
    if (value !== undefined && value !== null && value !== "") throw new ParameterError(`${name} cannot be made: ${why}`, name);
  }
  const { from, system, parameters, stream } = given;
  if (!from) throw new ParameterError("from is missing: a model is made of another one", "from");
  return { model: nameIn(given), from, system: system || undefined, parameters: parameters ?? undefined, stream: stream ?? true };
}

function nameIn({ model, name }: { model?: string | null; name?: string | null }): string {
  const found = model ?? name;
  if (found === undefined || found === null) throw new ParameterError("model is missing", "model");
  return found;
}
