// The server: it listens, and ends in good order.
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { getRequestListener } from "@hono/node-server";
import { UsageError } from "../errors.ts";
import { createApp } from "./app.ts";
import type { ServerContext } from "./context.ts";
import { FAREWELL } from "./exchange.ts";
import { HttpError } from "./http-error.ts";

export interface RunningServer {
  readonly url: string;
  /**
   * Says that it is not ready and begins nothing new, waits for what runs, stops to listen, and lets go of the models.
   *
   * @param patience milliseconds, after which what still runs ends with an error
   */
  drain(patience: number): Promise<void>;
}

/** A client has so long for its head and for its body, in milliseconds: a thousand that send a byte a second shall hold nothing up for long. */
const HEAD_TIMEOUT = 15_000;
const BODY_TIMEOUT = 60_000;

/** Milliseconds for the last answers to leave this machine. */
const LAST_BYTES = 500;

/** @throws UsageError when the address cannot be had */
export async function startServer(context: ServerContext, host: string, port: number): Promise<RunningServer> {
  const app = createApp(context);
  const listener = getRequestListener((request, env) => app.fetch(request, env), { overrideGlobalObjects: false });
  const server = createServer({ headersTimeout: HEAD_TIMEOUT, requestTimeout: BODY_TIMEOUT, keepAliveTimeout: 65_000 }, listener);
  const address = await listen(server, host, port);
  const name = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return {
    url: `http://${name}:${address.port}`,

    async drain(patience) {
      context.draining = true;
      const end = Date.now() + patience;
      // Whoever asks meanwhile whether it is ready hears that it is not: that takes a listener.
      const quiet = async (until: number): Promise<void> => {
        while (context.running.size > 0 && Date.now() < until) await delay(50);
      };
      await quiet(end);
      const over = new HttpError(503, "overloaded", "this server ended before the answer did (--drain): ask again", {
        headers: { "Retry-After": "1", Connection: "close" },
      });
      for (const each of context.running) each.abort(over);
      await quiet(end + FAREWELL);
      const closed = once(server, "close");
      server.close();
      server.closeIdleConnections();
      // What is neither idle nor answered sends its first line byte by byte, or has had its time.
      const cut = setTimeout(() => server.closeAllConnections(), context.running.size > 0 ? 0 : LAST_BYTES);
      await closed;
      clearTimeout(cut);
      await context.models.close();
    },
  };
}

async function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  server.listen(port, host);
  try {
    await once(server, "listening");
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason = code === "EADDRINUSE" ? "another program listens there" : message;
    throw new UsageError(`${host}:${port}: ${reason}: choose another address with --host and --port`, { cause });
  }
  return server.address() as AddressInfo;
}
