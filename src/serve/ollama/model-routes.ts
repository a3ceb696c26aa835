// What there is: /api/tags, /api/show, /api/ps, /api/version.
import { Hono } from "hono";
import type { MadeModel } from "../../hub/made-models.ts";
import { ollamaCapabilities } from "../../wires/ollama/capabilities.ts";
import { readModelRequest } from "../../wires/ollama/model-request.ts";
import { readJson } from "../body.ts";
import type { Env, ServerContext } from "../context.ts";
import type { ModelFile, ModelFiles } from "../models/model-files.ts";
import type { KnownModel } from "../models/registry.ts";

/** Clients look at the version for what they may ask: the one of Ollama that has all that is answered here. */
const OLLAMA_VERSION = "0.12.11";

/** A time that does not come, for what stays loaded. */
const NEVER = "9999-12-31T23:59:59Z";

export function modelRoutes({ settings, models }: ServerContext, files: ModelFiles): Hono<Env> {
  const app = new Hono<Env>();

  // Programs look here for whether Ollama runs; browsers get the page.
  app.get("/", (c, next) => {
    c.header("Vary", "Accept");
    return c.req.header("accept")?.includes("text/html") ? next() : Promise.resolve(c.text("Ollama is running"));
  });

  app.get("/api/version", (c) => c.json({ version: OLLAMA_VERSION, cria: settings.version }));

  app.get("/api/tags", async (c) => {
    const entries: object[] = [];
    for (const known of await models.known()) {
      const file = await files.describe(known);
      entries.push({ ...headOf(known.name, file, known.made), modified_at: file.modifiedAt.toISOString(), size: file.size });
    }
    return c.json({ models: entries });
  });

  app.get("/api/ps", async (c) => {
    const entries: object[] = [];
    for (const { names, model, bytes } of models.loaded()) {
      for (const { known, expiresAt } of names) {
        entries.push({
          ...headOf(known.name, await files.describe(known), known.made),
          size: bytes,
          size_vram: 0,
          expires_at: expiresAt?.toISOString() ?? NEVER,
          context_length: model.facts.contextLength,
        });
      }
    }
    return c.json({ models: entries });
  });

  app.post("/api/show", async (c) => {
    const known = await models.find(readModelRequest(await readJson(c)).model);
    return c.json(shown(known, await files.describe(known)));
  });

  return app;
}

function headOf(name: string, file: ModelFile, made: MadeModel | undefined): object {
  return { name, model: name, digest: file.digest, details: detailsOf(file, made) };
}

function detailsOf({ facts, quantisation }: ModelFile, made: MadeModel | undefined): object {
  const family = facts?.architecture ?? "";
  return {
    parent_model: made?.from ?? "",
    format: facts?.format.startsWith("GGUF") ? "gguf" : (facts?.format ?? ""),
    family,
    families: family === "" ? [] : [family],
    parameter_size: facts ? size(facts.parameters) : "",
    quantization_level: quantisation ?? "",
  };
}

function shown({ name, made }: KnownModel, file: ModelFile): object {
  const { facts, chatTemplate, metadata, modifiedAt } = file;
  const parameters = Object.entries(made?.parameters ?? {}).flatMap(([key, value]) =>
    (Array.isArray(value) ? value : [value]).map((each) => [key, JSON.stringify(each)]),
  );
  const from = `FROM ${made?.from ?? name}`;
  const system = made?.system === undefined ? [] : [`SYSTEM """${made.system}"""`];
  const license = metadata.get("general.license");
  return {
    license: typeof license === "string" ? license : "",
    modelfile: [from, ...parameters.map((line) => `PARAMETER ${line.join(" ")}`), ...system].join("\n"),
    parameters: parameters.map(([key, value]) => key.padEnd(30) + " " + value).join("\n"),
    template: chatTemplate ?? "",
    system: made?.system ?? "",
    details: detailsOf(file, made),
    model_info: { ...Object.fromEntries(metadata), "general.parameter_count": facts?.parameters ?? null },
    capabilities: [...ollamaCapabilities(chatTemplate), ...(facts?.config?.pooling === undefined ? [] : ["embedding"])],
    modified_at: modifiedAt.toISOString(),
  };
}

/** As Ollama writes it: "134.52M", "3.2B". */
function size(parameters: number): string {
  if (parameters >= 1e9) return `${(parameters / 1e9).toFixed(1)}B`;
  return parameters >= 1e6 ? `${(parameters / 1e6).toFixed(2)}M` : `${(parameters / 1e3).toFixed(2)}K`;
}
