// cria ps: what a running server has in memory, and what it does.
import * as v from "valibot";
import { UsageError } from "../errors.ts";
import { showBytes } from "../hub/repo-models.ts";
import { defineCommand } from "./command.ts";
import { jsonFlag } from "./model-flags.ts";
import { print, printJson } from "./terminal/output.ts";
import { printable } from "./terminal/printable.ts";
import { table } from "./terminal/table.ts";

const loadedSchema = v.object({
  models: v.array(v.object({ name: v.string(), size: v.number(), context_length: v.number(), expires_at: v.string() })),
});

const runningSchema = v.array(
  v.object({
    id: v.number(),
    model: v.string(),
    state: v.string(),
    since: v.string(),
    yours: v.boolean(),
    n_prompt_tokens: v.number(),
    next_token: v.object({ n_decoded: v.number() }),
  }),
);

export const command = defineCommand({
  about: `Asks a server of \`cria serve\` which models it has in memory, how long they stay, and what it answers now. A server with keys wants one in CRIA_API_KEY; what
others ask is counted, and not told.`,
  flags: {
    url: { schema: v.optional(v.string(), "http://127.0.0.1:2742"), value: "URL", help: "Where the server is" },
    ...jsonFlag,
  },
  examples: [
    ["ps", "the server on this machine"],
    ["ps --url http://10.0.0.5:2742 --json | jq '.running | length'", "how much another one has to do"],
  ],
  async run({ url, json }) {
    const [{ models }, running] = await Promise.all([ask(url, "/api/ps", loadedSchema), ask(url, "/slots", runningSchema)]);
    if (json) return printJson({ models, running });
    if (models.length === 0) return print("no model is loaded");
    const rows = models.map(({ name, size, context_length, expires_at }) => {
      const own = running.filter(({ model }) => model === name);
      const waiting = own.filter(({ state }) => state === "waiting").length;
      return [printable(name), showBytes(size), String(context_length), stay(expires_at), String(own.length - waiting), String(waiting)];
    });
    print(table([["MODEL", "MEMORY", "CONTEXT", "STAYS", "RUNNING", "WAITING"], ...rows], [1, 2, 4, 5]));
    if (running.length === 0) return;
    const tokens = running.map(({ id, model, state, since, yours, n_prompt_tokens, next_token }) => [
      String(id),
      printable(model),
      `${printable(state)}${yours ? "" : ", of another key"}`,
      `${Math.max(0, Math.round((Date.now() - Date.parse(since)) / 1000))} s`,
      `${n_prompt_tokens} + ${next_token.n_decoded} tokens`,
    ]);
    print(`\n${table(tokens, [0, 3])}`);
  },
});

/** In minutes from now, or for good. */
function stay(expiresAt: string): string {
  const minutes = (Date.parse(expiresAt) - Date.now()) / 60_000;
  if (minutes > 60 * 24 * 365) return "until its room is needed";
  return minutes < 1 ? "less than a minute" : `${Math.round(minutes)} min`;
}

async function ask<const S extends v.GenericSchema>(url: string, path: string, schema: S): Promise<v.InferOutput<S>> {
  const key = process.env.CRIA_API_KEY;
  const place = URL.canParse(path, url) ? new URL(path, url) : undefined;
  if (!place || !/^https?:$/.test(place.protocol)) throw new UsageError(`--url is ${JSON.stringify(url)}: expected http://HOST:PORT`);
  let response: Response;
  try {
    response = await fetch(place, {
      headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
      signal: AbortSignal.timeout(10_000),
    });
  } catch (cause) {
    throw new UsageError(`no server answers at ${url}: start one with \`cria serve\`, or say where it is with --url`, { cause });
  }
  if (response.status === 401) {
    throw new UsageError(`${url} wants a key: set CRIA_API_KEY to ${key === undefined ? "one" : "another one"}`, {
      cause: response.status,
    });
  }
  const body = v.safeParse(schema, response.ok ? await response.json().catch(() => undefined) : undefined);
  if (!body.success)
    throw new UsageError(`${place.href} answers ${response.status}, and not as a server of cria does`, { cause: body.issues });
  return body.output;
}
