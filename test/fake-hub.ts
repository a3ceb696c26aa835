// A hub on 127.0.0.1 that answers like Hugging Face's: the model API, small files from itself, large ones by a redirect to a second server
// (the CDN) on another port, ranges, ETags and If-Range. Tests hang faults into it.
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface FakeRepo {
  /** Path to content. */
  files: Record<string, Uint8Array | string>;
  commit?: string;
  /** Answers 401 to everyone without this token. */
  token?: string;
  /** Answers 403 to requests for files. */
  gated?: boolean;
  /** Laid over what the API says of a file: lies. */
  claims?: Record<string, object>;
}

/** What goes wrong with one answer that carries a file. */
export interface Fault {
  /** Closes the connection, or says nothing more, after so many bytes of the body. */
  cutAfter?: number;
  stallAfter?: number;
  status?: number;
  headers?: Record<string, string>;
  /** Sent instead of the file, with a length and an ETag of its own. */
  content?: Uint8Array;
  /** Sends the whole file whatever range is asked for. */
  ignoreRange?: boolean;
  /** Does not tell the length. */
  chunked?: boolean;
  /** Says that it is another version, whatever it sends. */
  etag?: string;
}

export interface SeenRequest {
  server: "hub" | "cdn";
  path: string;
  authorization: string | undefined;
  range: string | undefined;
  ifRange: string | undefined;
}

export interface FakeHub extends AsyncDisposable {
  endpoint: string;
  repos: Record<string, FakeRepo>;
  seen: SeenRequest[];
  /** Asked for each answer that carries a file; `attempt` counts from 1 for each file. */
  fault: (file: string, attempt: number) => Fault | undefined;
}

/** Files from this size on are in Git LFS, so they come from the CDN and have a SHA-256. */
const largeFrom = 1024;

export async function startFakeHub(repos: Record<string, FakeRepo>): Promise<FakeHub> {
  const attempts = new Map<string, number>();
  const hub = createServer((request, response) => answerHub(request, response));
  const cdn = createServer((request, response) => {
    see("cdn", request);
    const [, repo, file] = /^\/cdn\/([^/]+\/[^/]+)\/(.*)$/.exec(decodeURIComponent(request.url ?? "")) ?? [];
    sendFile(request, response, repo, file);
  });
  await Promise.all([listen(hub), listen(cdn)]);

  const fake: FakeHub = {
    endpoint: address(hub),
    repos,
    seen: [],
    fault: () => undefined,
    async [Symbol.asyncDispose]() {
      await Promise.all([hub, cdn].map(stop));
    },
  };
  return fake;

  function see(server: "hub" | "cdn", { url = "", headers }: IncomingMessage): void {
    const ifRange = headers["if-range"] as string | undefined;
    fake.seen.push({ server, path: decodeURIComponent(url), authorization: headers.authorization, range: headers.range, ifRange });
  }

  function answerHub(request: IncomingMessage, response: ServerResponse): void {
    see("hub", request);
    const url = decodeURIComponent(request.url ?? "");
    const [, repo, revision] = /^\/api\/models\/([^/]+\/[^/]+)\/revision\/(.+)\?blobs=true$/.exec(url) ?? [];
    const [, fileRepo, commit, file] = /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.*)$/.exec(url) ?? [];
    const known = fake.repos[repo ?? fileRepo];
    if (!known || (known.token && request.headers.authorization !== `Bearer ${known.token}`)) refuse(response, 401, "RepoNotFound");
    else if (repo && revision !== "main" && revision !== commitOf(known)) refuse(response, 404, "RevisionNotFound");
    else if (repo) sendListing(response, repo, known);
    else if (known.gated) refuse(response, 403, "GatedRepo");
    else if (commit !== commitOf(known) || !(file in known.files)) refuse(response, 404, "EntryNotFound");
    else if (bytesOf(known, file).length < largeFrom) sendFile(request, response, fileRepo, file);
    else response.writeHead(302, { Location: `${address(cdn)}/cdn/${fileRepo}/${encodeURIComponent(file)}` }).end();
  }

  function sendFile(request: IncomingMessage, response: ServerResponse, repo: string, file: string): void {
    const attempt = (attempts.get(file) ?? 0) + 1;
    attempts.set(file, attempt);
    const fault = fake.fault(file, attempt) ?? {};
    if (fault.status) return void response.writeHead(fault.status, fault.headers).end("sorry");

    const content = fault.content ?? bytesOf(fake.repos[repo], file);
    const etag = fault.etag ?? `"${createHash("md5").update(content).digest("hex")}"`;
    const { range, "if-range": ifRange } = request.headers;
    const [, from] = /^bytes=(\d+)-$/.exec(range ?? "") ?? [];
    const ranged = from !== undefined && !fault.ignoreRange && (ifRange === undefined || ifRange === etag);
    const start = ranged ? Number(from) : 0;
    if (start >= content.length && ranged) return void response.writeHead(416, { "Content-Range": `bytes */${content.length}` }).end();

    const body = content.subarray(start);
    response.writeHead(ranged ? 206 : 200, {
      ETag: etag,
      ...(!fault.chunked && { "Content-Length": body.length }),
      ...(ranged && { "Content-Range": `bytes ${start}-${content.length - 1}/${content.length}` }),
      ...fault.headers,
    });
    const end = fault.cutAfter ?? fault.stallAfter;
    if (end === undefined) return void response.end(body);
    response.write(body.subarray(0, end), () => fault.cutAfter !== undefined && setTimeout(() => response.destroy(), 2));
  }
}

/** 40 hexadecimal digits that change with the content, as commits do. */
export function commitOf({ commit, files }: FakeRepo): string {
  return (
    commit ??
    createHash("sha1")
      .update(JSON.stringify(Object.entries(files).map(([name, content]) => [name, sha256(content)])))
      .digest("hex")
  );
}

function sendListing(response: ServerResponse, id: string, repo: FakeRepo): void {
  const siblings = Object.entries(repo.files).map(([rfilename, content]) => {
    const { length: size } = bytesOf(repo, rfilename);
    const blobId = createHash("sha1").update(`blob ${size}\0`).update(content).digest("hex");
    const lfs = size < largeFrom ? undefined : { sha256: sha256(content), size, pointerSize: 130 };
    return { rfilename, size, blobId, lfs, ...repo.claims?.[rfilename] };
  });
  response
    .writeHead(200, { "Content-Type": "application/json" })
    .end(JSON.stringify({ id, sha: commitOf(repo), gated: repo.gated ?? false, siblings }));
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { "X-Error-Code": code }).end(JSON.stringify({ error: code }));
}

function bytesOf(repo: FakeRepo, file: string): Uint8Array {
  return Buffer.from(repo.files[file] as string);
}

function sha256(content: Uint8Array | string): string {
  return createHash("sha256").update(content).digest("hex");
}

function address(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function listen(server: Server): Promise<void> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
