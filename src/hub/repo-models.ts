// Which files of a repository, or of a folder laid out like one, make a model, and which model is meant when no file is named.
//
// A model is a GGUF file with all its shards, or the folder of a Hugging Face checkpoint: config, safetensors, tokenizer. When no file is
// named, the checkpoint is taken where there is one (a GGUF beside it is a by-product), else the only GGUF, else the only Q4_K_M, else
// the only Q8_0; a choice between other quantisations is the person's. PyTorch pickles are never taken: they can run code.
import { UnsupportedError, UsageError } from "../errors.ts";

/** A file by its path inside the repository, with "/" between folders. */
export interface NamedFile {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
}

/** What has to be there for one model. */
export interface RepoModel<F extends NamedFile> {
  /** The file to open: the GGUF, or its first shard; undefined for a checkpoint, which is the folder. */
  readonly file: string | undefined;
  readonly files: readonly F[];
}

const preferredQuantisations = ["Q4_K_M", "Q8_0"];

// What load() reads of a checkpoint, and nothing else: repositories also hold pickles, ONNX exports, logs and pictures.
const checkpointFile =
  /^(config|generation_config|tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab|chat_template)\.json$|^merges\.txt$|^tokenizer\.model$|^chat_template\.jinja$|^model\.safetensors(\.index\.json)?$/;

/** Every model among the files: the checkpoint first, then GGUFs by name. Incomplete sets of shards are left out. */
export function modelsIn<F extends NamedFile>(files: readonly F[]): RepoModel<F>[] {
  const sorted = [...files].sort((a, b) => (a.name < b.name ? -1 : 1));
  const checkpoint = checkpointIn(sorted);
  const ggufs = sorted.filter(({ name }) => name.endsWith(".gguf") && !isSideGguf(name)).flatMap((file) => ggufModel(file, sorted));
  return checkpoint ? [checkpoint, ...ggufs] : ggufs;
}

/**
 * The model that is meant.
 * @param wanted a file of the repository, or undefined for the choice described above
 * @param where  what the files belong to, for messages
 * @throws UsageError when there is none or more than one; UnsupportedError for a repository of pickles
 */
export function chooseModel<F extends NamedFile>(files: readonly F[], wanted: string | undefined, where: string): RepoModel<F> {
  const models = modelsIn(files);
  if (wanted !== undefined) {
    const single = files.find(({ name }) => name === wanted);
    const model = models.find(({ file }) => file === wanted);
    if (model) return model;
    if (single && shardOf(wanted))
      throw new UsageError(`${where}: ${wanted} is part of a split model, of which the first shard is named, and all must be there`);
    if (single) return { file: wanted, files: [single] };
    throw new UsageError(`${where} has no file ${wanted}${listOf(models)}`);
  }
  const candidates = [
    models.filter(({ file }) => file === undefined),
    models,
    ...preferredQuantisations.map((name) => models.filter(({ file }) => file !== undefined && isQuantisation(file, name))),
  ];
  const chosen = candidates.find(({ length }) => length === 1);
  if (chosen) return chosen[0];
  if (models.length > 0) throw new UsageError(`${where} has several models: name one of them${listOf(models)}`);
  if (files.some(({ name }) => /\.(bin|pt|pth|ckpt)$/.test(name))) {
    throw new UnsupportedError(
      `${where} holds its weights as PyTorch pickles, which can run code and are not read: look for a copy in safetensors or GGUF`,
    );
  }
  throw new UsageError(`${where} holds no model: neither a .gguf file nor config.json with model.safetensors`);
}

/**
 * The file that is meant by a quantisation.
 * @throws UsageError when there is none or more than one
 */
export function fileOfQuantisation(files: readonly NamedFile[], quantisation: string, where: string): string {
  const models = modelsIn(files).filter(({ file }) => file !== undefined);
  const matches = models.filter(({ file }) => isQuantisation(file!, quantisation));
  if (matches.length === 1) return matches[0].file!;
  if (matches.length > 1) throw new UsageError(`${where} has several models of ${quantisation}: name one of them${listOf(matches)}`);
  throw new UsageError(`${where} has no model of ${quantisation}${listOf(models)}`);
}

/** "1.2 GB", as the hub counts. */
export function showBytes(bytes: number): string {
  const power = Math.min(4, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  return `${power === 0 ? bytes : (bytes / 1000 ** power).toFixed(bytes / 1000 ** power < 10 ? 1 : 0)} ${["bytes", "kB", "MB", "GB", "TB"][power]}`;
}

export function totalSize(files: readonly NamedFile[]): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}

function checkpointIn<F extends NamedFile>(files: readonly F[]): RepoModel<F> | undefined {
  const has = (name: string): boolean => files.some((file) => file.name === name);
  const first = files.find(({ name }) => /^model-0*1-of-\d+\.safetensors$/.test(name));
  const weights = has("model.safetensors") ? [] : first && shardsOf(first.name, files);
  if (!has("config.json") || weights === undefined) return undefined;
  return { file: undefined, files: [...files.filter(({ name }) => checkpointFile.test(name)), ...weights] };
}

function ggufModel<F extends NamedFile>(file: F, files: readonly F[]): RepoModel<F>[] {
  const shard = shardOf(file.name);
  if (!shard) return [{ file: file.name, files: [file] }];
  const shards = shard.index === 1 ? shardsOf(file.name, files) : undefined;
  return shards ? [{ file: file.name, files: shards }] : [];
}

/** Projectors of vision models and importance matrices are GGUFs, but not models. */
function isSideGguf(name: string): boolean {
  return /(^|[/._-])(mmproj|imatrix)([/._-]|$)/i.test(name);
}

/** Whether a file's name says so. */
export function isQuantisation(file: string, quantisation: string): boolean {
  return new RegExp(`(^|[-./_])${quantisation.replaceAll(".", "\\.")}([-./]|$)`, "i").test(file);
}

/** Of a name like PREFIX-00001-of-00003.gguf. */
function shardOf(name: string): { prefix: string; index: number; digits: string; count: number; ending: string } | undefined {
  const match = /^(.*-)(\d+)-of-(\d+)(\.gguf|\.safetensors)$/.exec(name);
  return match ? { prefix: match[1], index: Number(match[2]), digits: match[2], count: Number(match[3]), ending: match[4] } : undefined;
}

/** All shards in order, or undefined when one is missing. */
function shardsOf<F extends NamedFile>(first: string, files: readonly F[]): F[] | undefined {
  const shard = shardOf(first);
  if (!shard || shard.count > files.length) return undefined;
  const byName = new Map(files.map((file) => [file.name, file]));
  const of = first.slice(shard.prefix.length + shard.digits.length);
  const found = Array.from({ length: shard.count }, (_, i) =>
    byName.get(shard.prefix + String(i + 1).padStart(shard.digits.length, "0") + of),
  );
  return found.includes(undefined) ? undefined : (found as F[]);
}

function listOf(models: readonly RepoModel<NamedFile>[]): string {
  return models.map(({ file, files }) => `\n  ${file ?? "(the folder, without a file)"}  ${showBytes(totalSize(files))}`).join("");
}
