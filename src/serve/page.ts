// The chat page, which the build has put into dist/web. Its few files are read once: no path of a request is ever a path of the disk.
import { readdirSync, readFileSync } from "node:fs";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { Hono } from "hono";
import type { Env } from "./context.ts";

const folder = fileURLToPath(new URL("../web", import.meta.url));

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** The page runs its own script, asks its own server, and nothing else: whatever a model writes into it. */
const policy = [
  "default-src 'none'",
  ...["script-src", "style-src", "img-src", "connect-src"].map((kind) => `${kind} 'self'`),
  ...["base-uri", "form-action", "frame-ancestors"].map((kind) => `${kind} 'none'`),
].join("; ");

export function pageRoutes(): Hono<Env> {
  const app = new Hono<Env>();
  for (const file of filesOf(folder)) {
    const body = readFileSync(`${folder}/${file}`);
    const headers = {
      "Content-Type": types[extname(file)] ?? "application/octet-stream",
      // A name in assets changes with what it names; the page itself is asked for anew.
      "Cache-Control": file.startsWith("assets/") ? "public, max-age=31536000, immutable" : "no-cache",
      "Content-Security-Policy": policy,
      "Referrer-Policy": "no-referrer",
      "X-Content-Type-Options": "nosniff",
    };
    for (const path of file === "index.html" ? ["/", "/index.html"] : [`/${file}`]) app.get(path, (c) => c.body(body, 200, headers));
  }
  return app;
}

/** None where the page was not built, as beside the sources. */
function filesOf(place: string): string[] {
  try {
    const entries = readdirSync(place, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => `${parentPath}/${name}`.slice(place.length + 1).replaceAll("\\", "/"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
