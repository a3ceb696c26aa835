// The server of the page: on this machine only, for its reader only. It reads logs while somebody looks at the page, and does nothing else.
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";
import { UsageError } from "../../errors.ts";
import type { RunsFolder } from "../../train/runs/runs-folder.ts";
import { pageDocument } from "./document.ts";
import type { News } from "./page/main.ts";

/** CRIA on the keys of a telephone. */
export const USUAL_PORT = 2742;

/** A page of a stranger may give its name this machine's address, and would read the runs; it cannot give itself one of these names. */
const ownNames = ["127.0.0.1", "localhost", "[::1]"];

/** Milliseconds. */
const LOOK_EVERY = 2000;

/** Bytes for a page that listens and does not read, as a suspended one: beyond them it is let go, and will ask again when it wakes up. */
const MOST_UNREAD = 2 ** 25;

export interface RunsServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * @param port without it, the usual one, or a free one where that is taken
 * @throws UsageError when the port is taken
 */
export async function serveRuns(folder: RunsFolder, status: string, port?: number): Promise<RunsServer> {
  const page = await pageDocument({ status });
  const readers = new Set<ServerResponse>();
  let looking: Promise<void> = Promise.resolve();
  let following = false;

  const tell = (reader: ServerResponse, news: News): void => {
    if (reader.writableLength > MOST_UNREAD) reader.destroy();
    else reader.write(`data: ${JSON.stringify(news)}\n\n`);
  };
  const lookOnce = async (): Promise<void> => {
    const before = folder.names().join("\n");
    const changed = await folder.refresh().catch((error) => {
      if (error instanceof UsageError) return new Set<string>(); // a folder that is not there may come
      throw error;
    });
    const names = folder.names();
    if (changed.size === 0 && names.join("\n") === before) return;
    const news = { names, reports: names.filter((name) => changed.has(name)).map(folder.report) };
    for (const reader of readers) tell(reader, news);
  };
  /** One after the other: no line may be read twice. */
  const look = (): Promise<void> => {
    looking = looking.then(lookOnce);
    return looking;
  };
  const follow = async (): Promise<void> => {
    if (following) return;
    following = true;
    while (readers.size > 0) {
      await setTimeout(LOOK_EVERY, undefined, { ref: false });
      await look();
    }
    following = false;
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method, url = "/", headers } = request;
    const end = (code: number, type: string, body: string): void => void response.writeHead(code, { "Content-Type": type }).end(body);
    response.setHeader("X-Content-Type-Options", "nosniff");
    response.setHeader("Cross-Origin-Resource-Policy", "same-origin");
    response.setHeader("Cache-Control", "no-store");
    if (!ownNames.includes((headers.host ?? "").replace(/:\d+$/, "").toLowerCase())) {
      return end(403, "text/plain", `this server answers to ${ownNames.join(", ")} only\n`);
    }
    if (method !== "GET" && method !== "HEAD") return end(405, "text/plain", "this server only tells\n");
    switch (url.replace(/\?.*/, "")) {
      case "/":
        return end(200, "text/html; charset=utf-8", page);
      case "/runs.json":
        await look();
        return end(200, "application/json", JSON.stringify(allNews(folder)));
      case "/events": {
        response.writeHead(200, { "Content-Type": "text/event-stream" });
        if (method === "HEAD") return void response.end();
        response.on("close", () => readers.delete(response));
        await look();
        if (response.destroyed) return;
        tell(response, allNews(folder));
        readers.add(response);
        return void follow();
      }
      default:
        return end(404, "text/plain", "there is nothing here: / is the page\n");
    }
  };

  const server = createServer((request, response) => void answer(request, response));
  const address = await listen(server, port);
  return {
    url: `http://127.0.0.1:${address.port}/`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

export function allNews(folder: RunsFolder): News {
  const names = folder.names();
  return { names, reports: names.map(folder.report) };
}

async function listen(server: Server, port: number | undefined): Promise<AddressInfo> {
  const tryPort = async (wanted: number): Promise<void> => {
    server.listen(wanted, "127.0.0.1");
    await once(server, "listening");
  };
  await tryPort(port ?? USUAL_PORT).catch((cause: NodeJS.ErrnoException) => {
    if (port === undefined && cause.code === "EADDRINUSE") return tryPort(0);
    const reason = cause.code === "EADDRINUSE" ? "another program listens there" : cause.message;
    throw new UsageError(`--port ${port ?? USUAL_PORT}: ${reason}: choose another one, or leave it out for a free one`, { cause });
  });
  return server.address() as AddressInfo;
}
