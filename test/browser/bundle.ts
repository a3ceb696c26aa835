// The app beside this file as its users get it: bundled by Vite with Vite's own settings and sent to the pages of the tests.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Plugin } from "vite";

/** Where a page finds app.ts; bundle-app.mjs makes it so. */
export const bundledApp = "/bundled/app.js";

export interface Bundle {
  /** Code by the path of its URL. */
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

/** Bundles when the server of the tests starts. */
export function serveBundle(): Plugin {
  return {
    name: "serve-bundle",
    async configureServer({ middlewares, config }) {
      const { files } = await bundleApp();
      middlewares.use(({ url = "" }, response, next) => {
        if (files[url] === undefined) return next();
        response.writeHead(200, { ...config.server.headers, "Content-Type": "text/javascript" }).end(files[url]);
      });
    },
  };
}
