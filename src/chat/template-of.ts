// The chat template that came with a model, if any.
import { FormatError, UsageError } from "../errors.ts";
import type { ByteSource } from "../formats/index.ts";
import type { Checkpoint } from "../model/load.ts";

/** The largest known template has 15 kilobytes, the largest tokenizer_config.json (with all its added tokens) less than a megabyte. */
const maxBytes = 16 * 1024 * 1024;

/** @returns the Jinja source, or undefined for a model without one @throws FormatError where it is not text */
export async function chatTemplateOf(checkpoint: Checkpoint): Promise<string | undefined> {
  if (checkpoint.convention === "gguf") return checkpoint.file.string("tokenizer.chat_template", undefined);
  const template = await textBeside(checkpoint, "chat_template.jinja");
  if (template !== undefined) return template;
  const config = await textBeside(checkpoint, "tokenizer_config.json");
  return config === undefined ? undefined : templateIn(config);
}

/** `chat_template` is a text, or a list of named ones of which "default" is the chat. */
function templateIn(tokenizerConfig: string): string | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(tokenizerConfig);
  } catch (cause) {
    throw new FormatError("tokenizer_config.json is not JSON: the download is probably damaged, pull it again", { cause });
  }
  const { chat_template: template } = Object(parsed) as { chat_template?: unknown };
  if (typeof template === "string") return template;
  if (template === undefined || template === null) return undefined;
  const named = Array.isArray(template) ? template.find((each) => Object(each).name === "default") : undefined;
  if (typeof named?.template === "string") return named.template;
  throw new FormatError(
    'tokenizer_config.json: "chat_template" is neither a text nor a list of { name, template } with one named "default"',
  );
}

async function textBeside(checkpoint: Extract<Checkpoint, { convention: "hf" }>, name: string): Promise<string | undefined> {
  let source: ByteSource;
  try {
    source = await checkpoint.beside(name);
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
  try {
    if (source.size > maxBytes) throw new FormatError(`${source.name}: has ${source.size} bytes, expected at most ${maxBytes}`);
    return new TextDecoder().decode(await source.read(0, source.size));
  } finally {
    await source.close();
  }
}
