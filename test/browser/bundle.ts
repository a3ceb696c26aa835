// The app beside this file as its users get it: bundled by Vite with Vite's own settings and sent to the pages of the tests.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Plugin } from "vite";

/** Where a page finds it. */
const base = "/bundled/";
export const bundledApp = `${base}app.js`;

/** Where it finds the same with a Content-Security-Policy that is common and forbids Workers of one's own making. */
const guardedBase = "/guarded/";
export const guardedApp = `${guardedBase}app.js`;
const policy = { "Content-Security-Policy": "worker-src 'self'" };

export interface Bundle {
  /** Code by its path in the bundle. */
  readonly files: Readonly<Record<string, string>>;
  /** What a developer reads in the terminal. */
  readonly warnings: readonly string[];
}

/** A process of its own: in vitest's, Vite is not in production mode and keeps warnings to itself. */
export async function bundleApp(): Promise<Bundle> {
  const script = fileURLToPath(new URL("bundle-app.mjs", import.meta.url));
  const { NODE_ENV, ...env } = process.env;
  const { stdout } = await promisify(execFile)(process.execPath, [script], { env, maxBuffer: 2 ** 26 });
  return JSON.parse(stdout);
}

/** For the servers of both kinds of pages. */
let served: Promise<Bundle> | undefined;

/** Bundles when the first server of the tests starts. */
export function serveBundle(): Plugin {
  return {
    name: "serve-bundle",
    async configureServer({ middlewares, config }) {
      served ??= bundleApp();
      const { files } = await served;
      for (const [prefix, headers] of [
        [base, {}],
        [guardedBase, policy],
      ] as const) {
        middlewares.use(prefix, ({ url = "" }, response, next) => {
          const code = files[url.slice(1)];
          if (code === undefined) return next();
          response.writeHead(200, { ...config.server.headers, ...headers, "Content-Type": "text/javascript" }).end(code);
        });
      }
    },
  };
}
