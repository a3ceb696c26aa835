// What a run needs before its first step: a tokenizer, and the documents as tokens on both sides. All of it lies in the folder of the run and is made once.
import { copyFile, mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { chatTemplateOf } from "../../chat/template-of.ts";
import { FormatError, UnsupportedError, UsageError } from "../../errors.ts";
import { openSource } from "../../formats/index.ts";
import { loadTokenizer } from "../../tokenizer/index.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import { writeTokenizerFiles } from "../../tokenizer/training/tokenizer-files.ts";
import { trainTokenizer } from "../../tokenizer/training/train-tokenizer.ts";
import { diskError } from "../data/disk.ts";
import type { Recipe, TokenizerRecipe } from "../recipe.ts";
import { encodeDocument, type TrainingDocument, textsOf } from "./document.ts";
import { type EncodedDocument, openTokens, type TokenFile, writeTokens } from "./token-file.ts";

export interface Corpus {
  readonly tokenizer: Tokenizer;
  readonly chatTemplate: string | undefined;
  /** The folder that holds the tokenizer's files. */
  readonly tokenizerFolder: string;
  readonly train: TokenFile;
  readonly val: TokenFile;
  close(): Promise<void>;
}

export interface CorpusWatch {
  readonly signal?: AbortSignal;
  /** @param done bytes of text, of which nobody knows how many there are; learning: entries of the vocabulary */
  readonly onProgress?: (phase: "reading" | "learning" | "tokenising", done: number, total: number | undefined) => void;
}

/** Makes what is not there yet. @throws UsageError for a side without tokens, and as the recipe's documents do */
export async function prepareCorpus(folder: string, recipe: Recipe, watch: CorpusWatch = {}): Promise<Corpus> {
  const tokenizerFolder = join(folder, "tokenizer");
  if (!(await exists(tokenizerFolder))) await makeTokenizer(tokenizerFolder, recipe, watch);
  const tokenizer = await loadTokenizer(tokenizerFolder, watch.signal);
  const chatTemplate = await chatTemplateOf({ convention: "hf", beside: (name) => beside(tokenizerFolder, name) }, watch.signal);

  const tokens = join(folder, "tokens");
  const { vocabSize } = tokenizer;
  if (!(await exists(join(tokens, "val.starts")))) {
    await mkdir(tokens, { recursive: true });
    await writeTokens(tokens, vocabSize, encodeAll(recipe, tokenizer, chatTemplate, watch));
  }
  const train = await openTokens(tokens, "train", vocabSize);
  const val = await openTokens(tokens, "val", vocabSize).catch(async (error) => {
    await train?.close();
    throw error;
  });
  const close = async (): Promise<void> => {
    await train?.close();
    await val?.close();
  };
  const lack = whatLacks(train, val, recipe);
  if (lack === undefined) return { tokenizer, chatTemplate, tokenizerFolder, train: train!, val: val!, close };
  await close();
  // With more data, both are others.
  await rm(tokens, { recursive: true });
  await rm(tokenizerFolder, { recursive: true });
  throw new UsageError(lack);
}

function whatLacks(train: TokenFile | undefined, val: TokenFile | undefined, { batch }: Recipe): string | undefined {
  const longest = Math.max(batch.rowLength, batch.longRows?.rowLength ?? 0);
  if (!train || train.tokens <= longest) {
    return `the data has ${train?.tokens ?? 0} tokens to learn from, a row takes ${longest + 1}: give more data or shorter rows`;
  }
  if (!val || val.tokens < 2) return "the data has nothing to measure with: give more documents, or keep more of them apart";
  return undefined;
}

/** The documents, whose code may be anybody's: what fails there is no bug of cria's, and what comes is looked at. */
async function* documentsOf({ documents }: Recipe, signal: AbortSignal | undefined): AsyncGenerator<TrainingDocument> {
  try {
    for await (const document of documents(signal)) {
      signal?.throwIfAborted();
      const { content, side } = document ?? {};
      const isText = typeof content === "string" || (Array.isArray(content) && content.length > 0 && content.every(isMessage));
      if (!isText || (side !== "train" && side !== "val")) {
        throw new UsageError(
          `a document of the recipe is ${JSON.stringify(document)?.slice(0, 100)}, expected { content: a text or messages, side: "train" or "val" }`,
        );
      }
      yield document;
    }
  } catch (cause) {
    const isTold = cause instanceof UsageError || cause instanceof FormatError || cause instanceof UnsupportedError;
    if (isTold || signal?.aborted) throw cause;
    throw new UsageError(`the documents of the recipe fail: ${(cause as Error)?.message ?? cause}`, { cause });
  }
}

function isMessage(message: unknown): boolean {
  const { role, content } = (message ?? {}) as { role?: unknown; content?: unknown };
  const isPart = (part: unknown): boolean => typeof (part as { text?: unknown } | null)?.text === "string";
  return typeof role === "string" && (typeof content === "string" || (Array.isArray(content) && content.every(isPart)));
}

async function* encodeAll(
  recipe: Recipe,
  tokenizer: Tokenizer,
  chatTemplate: string | undefined,
  { signal, onProgress }: CorpusWatch,
): AsyncGenerator<EncodedDocument> {
  let done = 0;
  for await (const document of documentsOf(recipe, signal)) {
    const bytes = byteLength(document);
    yield { side: document.side, ids: await encodeDocument(document, tokenizer, chatTemplate), bytes };
    done += bytes;
    onProgress?.("tokenising", done, undefined);
  }
}

async function makeTokenizer(folder: string, recipe: Recipe, watch: CorpusWatch): Promise<void> {
  const files = "train" in recipe.tokenizer ? await trained(recipe, recipe.tokenizer, watch) : undefined;
  const temporary = `${folder}.part`;
  try {
    await rm(temporary, { recursive: true, force: true });
    await mkdir(temporary, { recursive: true });
    if (files) for (const [name, content] of files) await writeFile(join(temporary, name), content, { flush: true });
    else if ("open" in recipe.tokenizer) await copyTokenizer(recipe.tokenizer.open, temporary);
    await rename(temporary, folder);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => {});
    throw diskError(folder, error);
  }
}

async function trained(
  recipe: Recipe,
  { train, chatTemplate }: Extract<TokenizerRecipe, { readonly train: unknown }>,
  { signal, onProgress }: CorpusWatch,
): Promise<Map<string, string | Uint8Array>> {
  async function* texts(): AsyncGenerator<string> {
    let done = 0;
    for await (const document of documentsOf(recipe, signal)) {
      if (document.side === "train") yield* textsOf(document);
      done += byteLength(document);
      onProgress?.("reading", done, undefined);
    }
  }
  const { vocabulary } = await trainTokenizer(texts(), {
    ...train,
    signal,
    onProgress: (learned, wanted) => onProgress?.("learning", learned, wanted),
  });
  const files = await writeTokenizerFiles(vocabulary, chatTemplate);
  files.delete("tokenizer.gguf"); // goes into every checkpoint otherwise, where nobody looks for it
  return files;
}

/** What a Hugging Face folder has of its tokenizer. */
const companions = /^(tokenizer.*|special_tokens_map\.json|added_tokens\.json|vocab\.json|merges\.txt|chat_template\.jinja)$/;

async function copyTokenizer(from: string, to: string): Promise<void> {
  await loadTokenizer(from); // says what is wrong with it
  const names = (await readdir(from).catch(() => [])).filter((name) => companions.test(name));
  if (names.length === 0) {
    throw new UsageError(
      `${from}: is no folder with a tokenizer: name one that has a tokenizer.json, as \`cria train-tokenizer\` makes it`,
    );
  }
  for (const name of names) await copyFile(join(from, name), join(to, name));
}

function byteLength(document: TrainingDocument): number {
  return textsOf(document).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}

async function beside(folder: string, name: string): Promise<Awaited<ReturnType<typeof openSource>> | undefined> {
  const path = join(folder, name);
  return (await exists(path)) ? openSource(path) : undefined;
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
