// How a person names a model, everywhere the same: a path, hf:owner/repo[@revision][/file], a URL, or a name from `cria list`. As in Ollama, a model of the
// hub may also be called hf.co/owner/repo[:quantisation].
// Text in, plain data out; nothing is looked up here.
import { UsageError } from "../errors.ts";

/** Where models of other programs stand, by the prefix of their names. */
export const storePrefixes = ["ollama", "lmstudio", "hf-cache"] as const;

export type ModelRef =
  | { readonly kind: "url"; readonly url: string }
  | { readonly kind: "hub"; readonly model: HubRef }
  | { readonly kind: "stored"; readonly name: string }
  | { readonly kind: "path-or-name"; readonly text: string };

/** A model in a repository of the Hugging Face hub. */
export interface HubRef {
  /** "owner/repo" */
  readonly repo: string;
  /** Branch, tag or commit. */
  readonly revision: string;
  /** Path inside the repository; undefined leaves the choice to the repository's content. */
  readonly file: string | undefined;
  /** "Q4_K_M", where that is said instead of a file. */
  readonly quantisation?: string;
}

/**
 * Reads a model's name. A slash in a revision is written %2F, as in Hugging Face's own addresses: `hf:owner/repo@refs%2Fpr%2F1`.
 * @throws UsageError for an empty name and for an hf: name that is not of that form
 */
export function parseModelRef(text: string): ModelRef {
  if (text.trim() === "")
    throw new UsageError("the model's name is empty: expected a path, hf:owner/repo[/file], an https URL or a name from `cria list`");
  if (/^https?:\/\//i.test(text)) return { kind: "url", url: text };
  if (/^(hf\.co|huggingface\.co)\//i.test(text)) return { kind: "hub", model: parseOllamaRef(text) };
  if (text.startsWith("hf:")) return { kind: "hub", model: parseHubRef(text) };
  if (storePrefixes.some((prefix) => text.startsWith(`${prefix}:`))) return { kind: "stored", name: text };
  return { kind: "path-or-name", text };
}

/** The name that {@link parseModelRef} reads back. */
export function showHubRef({ repo, revision, file }: HubRef): string {
  return `hf:${repo}${revision === "main" ? "" : `@${encodeURIComponent(revision)}`}${file === undefined ? "" : `/${file}`}`;
}

// The hub's own rule for owners and repositories: letters, digits, "-", "_", "."; never only dots, which would be a way out of a folder.
const hubName = /^hf:((?!\.+[/@])[\w.-]{1,96}\/(?!\.+(?:[/@]|$))[\w.-]{1,96})(?:@([^/@]{1,200}))?(?:\/(.+))?$/;

function parseHubRef(text: string): HubRef {
  const [, repo, revision = "main", file] = hubName.exec(text) ?? [];
  if (repo === undefined) throw new UsageError(`${text}: expected hf:owner/repo, hf:owner/repo/file or hf:owner/repo@revision/file`);
  return { repo, revision: decode(revision, text), file };
}

/** "latest" is what Ollama adds to a name without a tag. */
function parseOllamaRef(text: string): HubRef {
  const [, path, tag] = /^[^/]+\/([^:]+)(?::([\w.-]{1,96}))?$/.exec(text) ?? [];
  const { repo } = /^[^/@]+\/[^/@]+$/.test(path ?? "") ? parseHubRef(`hf:${path}`) : {};
  if (repo === undefined) throw new UsageError(`${text}: expected hf.co/owner/repo or hf.co/owner/repo:quantisation`);
  return { repo, revision: "main", file: undefined, ...(tag === undefined || tag === "latest" ? {} : { quantisation: tag }) };
}

function decode(revision: string, text: string): string {
  try {
    return decodeURIComponent(revision);
  } catch (cause) {
    throw new UsageError(`${text}: the revision "${revision}" has a % that is not followed by two hexadecimal digits`, { cause });
  }
}
