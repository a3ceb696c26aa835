// The chat template that came with a model, if any.
import { FormatError } from "../errors.ts";
import type { ByteSource } from "../formats/index.ts";
import { decodeUtf8, readJson, readWhole } from "../formats/read-whole.ts";
import { isJsonObject, type Json } from "../formats/strict-json.ts";
import type { Companions } from "../model/load.ts";

/** The largest known template has 15 kilobytes, the largest tokenizer_config.json (with all its added tokens) less than a megabyte. */
const maxBytes = 16 * 1024 * 1024;

/** The token descriptions of tokenizer_config.json nest to 3. */
const maxDepth = 32;

/** @returns the Jinja source, or undefined for a model without one @throws FormatError where it is not text, UsageError where it cannot be read */
export async function chatTemplateOf(model: Companions, signal?: AbortSignal): Promise<string | undefined> {
  if (model.convention === "gguf") return model.file.string("tokenizer.chat_template", undefined);
  const template = await model.beside("chat_template.jinja", signal);
  if (template) return closing(template, async () => decodeUtf8(await readWhole(template, maxBytes, signal), template.name));
  const config = await model.beside("tokenizer_config.json", signal);
  return config && closing(config, async () => templateIn(await readJson(config, maxBytes, maxDepth, signal), config.name));
}

/** `chat_template` is a text, or a list of named ones of which "default" is the chat. */
function templateIn(tokenizerConfig: Json, file: string): string | undefined {
  const template = isJsonObject(tokenizerConfig) ? tokenizerConfig.chat_template : undefined;
  if (typeof template === "string") return template;
  if (template === undefined || template === null) return undefined;
  const named: readonly Json[] = Array.isArray(template) ? template : [];
  for (const each of named) {
    if (isJsonObject(each) && each.name === "default" && typeof each.template === "string") return each.template;
  }
  throw new FormatError(`${file}: key "chat_template" is neither a text nor a list of { name, template } with one named "default"`);
}

async function closing<R>(source: ByteSource, work: () => Promise<R>): Promise<R> {
  try {
    return await work();
  } finally {
    await source.close();
  }
}
