// What the hub says about a repository: the commit that a revision stands for, and every file with its size and hash.
// GET /api/models/OWNER/REPO/revision/REVISION?blobs=true; the answer comes from a stranger and is checked field by field.
import { FormatError, UsageError } from "../errors.ts";
import { ConnectionLost, persist } from "../formats/connection.ts";
import { isJsonObject, type Json, parseStrictJson } from "../formats/strict-json.ts";
import { type HubRef, showHubRef } from "./model-ref.ts";
import type { NamedFile } from "./repo-models.ts";
import { get, type Hub, isPassing } from "./request.ts";

/** What a file's bytes must come to: the SHA-256 of a large file (Git LFS), the Git object id of a small one. */
export interface Digest {
  readonly algorithm: "sha256" | "git-sha1";
  /** Lower-case hexadecimal. */
  readonly hex: string;
}

/** A file on the hub. A hub that tells no hash tells nothing that can be verified, so `digest` may be missing here, but not in a download. */
export interface RepoFile extends NamedFile {
  readonly digest: Digest | undefined;
}

export interface RepoListing {
  /** The commit that the revision names now, 40 hexadecimal digits. */
  readonly commit: string;
  readonly files: readonly RepoFile[];
}

/** A listing of 100,000 files has about 30 MB; no model has so many. */
const maxListingBytes = 32 * 1024 * 1024;
const maxListingDepth = 64; // the model card's metadata comes along, of any shape

/**
 * Asks the hub what a repository holds.
 * @throws UsageError when the repository or revision is not there or not for this token; FormatError for an answer that is not the hub's
 */
export async function listRepo(hub: Hub, model: HubRef, signal?: AbortSignal): Promise<RepoListing> {
  const url = `${hub.endpoint}/api/models/${model.repo}/revision/${encodeURIComponent(model.revision)}?blobs=true`;
  const attempt = (): Promise<string> =>
    get(hub, url, {}, signal, async (response, body) => {
      if (!response.ok) throw refusal(response, hub, model);
      return readText(body, url);
    });
  const text = await persist(hub.endpoint, { attempt, retryDelayMs: hub.retryDelayMs }, signal);
  return checkListing(text, url);
}

/** What to say, or whether to try again, when the hub answers with an error. */
export function refusal(response: Response, hub: Hub, model: HubRef): Error {
  const { status } = response;
  const page = `${hub.endpoint}/${model.repo}`;
  if (isPassing(status)) return new ConnectionLost(`the server answered ${status} ${response.statusText}`.trimEnd());
  if (status === 401 && hub.token) return new UsageError(`${page}: does not exist, or the token in HF_TOKEN is not valid for it (401)`);
  if (status === 401)
    return new UsageError(
      `${page}: does not exist, or is private or gated (401): check the name, or set HF_TOKEN to a token that may read it`,
    );
  if (status === 403 && hub.token)
    return new UsageError(
      `${page}: the token in HF_TOKEN may not read it (403): accept the model's terms on that page, with the account of the token`,
    );
  if (status === 403)
    return new UsageError(`${page}: is gated (403): accept its terms on that page and set HF_TOKEN to a token of your account`);
  if (status === 404 && response.headers.get("X-Error-Code") === "RevisionNotFound")
    return new UsageError(`${page}: has no revision "${model.revision}" (404)`);
  if (status === 404) return new UsageError(`${page}: there is no ${showHubRef(model)} (404): check the name`);
  return new UsageError(`${page}: the server answered ${status} ${response.statusText}`.trimEnd());
}

async function readText(body: AsyncIterable<Uint8Array>, url: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxListingBytes)
      throw new FormatError(`${url}: the answer has more than ${maxListingBytes} bytes: this is not a model's repository`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function checkListing(text: string, url: string): RepoListing {
  const fail = (what: string): never => {
    throw new FormatError(`${url}: ${what}: is HF_ENDPOINT a Hugging Face hub?`);
  };
  let listing: Json;
  try {
    listing = parseStrictJson(text, maxListingDepth);
  } catch (cause) {
    throw new FormatError(`${url}: the answer is not JSON (${(cause as Error).message}): is HF_ENDPOINT a Hugging Face hub?`, { cause });
  }
  if (!isJsonObject(listing)) return fail("the answer is not a JSON object");
  const { sha, siblings } = listing;
  if (typeof sha !== "string" || !/^[0-9a-f]{40}$/.test(sha)) return fail(`"sha" is ${JSON.stringify(sha)}, expected a commit`);
  if (!Array.isArray(siblings)) return fail(`"siblings" is missing, expected a list of files`);
  return {
    commit: sha,
    files: siblings.map((sibling) => checkFile(sibling) ?? fail(`${JSON.stringify(sibling).slice(0, 200)} does not describe a file`)),
  };
}

function checkFile(sibling: Json): RepoFile | undefined {
  if (!isJsonObject(sibling)) return undefined;
  const { rfilename: name, size = 0, blobId, lfs } = sibling;
  if (typeof name !== "string" || /\p{Cc}/u.test(name) || typeof size !== "number" || !Number.isSafeInteger(size) || size < 0)
    return undefined;
  const sha256 = isJsonObject(lfs) ? lfs.sha256 : undefined;
  if (typeof sha256 === "string" && /^[0-9a-f]{64}$/.test(sha256)) return { name, size, digest: { algorithm: "sha256", hex: sha256 } };
  const known = lfs === undefined && typeof blobId === "string" && /^[0-9a-f]{40}$/.test(blobId);
  return { name, size, digest: known ? { algorithm: "git-sha1", hex: blobId } : undefined };
}
