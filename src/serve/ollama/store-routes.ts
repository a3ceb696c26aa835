// Models come and go: /api/pull, /api/create, /api/copy, /api/delete. Only where the server serves whatever is on this machine; other programs' models are
// never touched.
import { type Context, Hono } from "hono";
import { FormatError } from "../../errors.ts";
import { checkMadeName, forgetMade, keepMade } from "../../hub/made-models.ts";
import { parseModelRef } from "../../hub/model-ref.ts";
import { type PullProgress, pullModel } from "../../hub/pull.ts";
import { removePulled } from "../../hub/remove.ts";
import { readCopyRequest, readCreateRequest, readModelRequest } from "../../wires/ollama/model-request.ts";
import { ParameterError } from "../../wires/request.ts";
import { readJson } from "../body.ts";
import type { Env, ServerContext } from "../context.ts";
import { HttpError } from "../http-error.ts";
import { checkParameters } from "../made-settings.ts";
import type { ModelFiles } from "../models/model-files.ts";
import type { KnownModel } from "../models/registry.ts";
import { ndjson } from "./ndjson.ts";
import { reports } from "./reports.ts";

/** Milliseconds between two reports about a file that is on its way. */
const REPORT_EVERY = 100;

interface Report {
  readonly status: string;
  readonly digest?: string;
  /** Bytes. */
  readonly total?: number;
  readonly completed?: number;
}

export function storeRoutes({ settings, models }: ServerContext, files: ModelFiles): Hono<Env> {
  const app = new Hono<Env>();

  for (const path of ["/api/pull", "/api/create", "/api/copy", "/api/delete"]) {
    app.use(path, async (_, next) => {
      if (!settings.fixedModels) return next();
      throw new HttpError(
        403,
        "forbidden",
        "the models of this server were named when it was started: it neither gets nor makes nor deletes any",
      );
    });
  }

  app.post("/api/pull", async (c) => {
    const { model, stream } = readModelRequest(await readJson(c));
    const ref = parseModelRef(model);
    if (ref.kind !== "hub") {
      throw new ParameterError(
        `${model} is a name of Ollama's own library, which is not asked: pull from Hugging Face, as hf.co/owner/repo:Q4_K_M or hf:owner/repo/file.gguf`,
        "model",
      );
    }
    c.get("takeTime")();
    const signal = c.get("signal");
    const work = async (report: (what: Report) => void): Promise<void> => {
      report({ status: "pulling manifest" });
      const told = new Map<string, number>();
      const onProgress = ({ file, digest, fileDone, fileSize }: PullProgress): void => {
        if (fileDone < fileSize && Date.now() - (told.get(file) ?? 0) < REPORT_EVERY) return;
        told.set(file, Date.now());
        const { algorithm, hex } = digest;
        report({ status: `pulling ${hex.slice(0, 12)}`, digest: `${algorithm}:${hex}`, total: fileSize, completed: fileDone });
      };
      await pullModel(ref.model, { signal, onProgress }).catch((error: unknown) => {
        // What arrives is not as the hub announced it: no file of this server is damaged.
        throw error instanceof FormatError ? new HttpError(502, "hub", error.message) : error;
      });
      models.changed();
      for (const status of ["verifying sha256 digest", "writing manifest", "success"]) report({ status });
    };
    return answered(c, stream, reports(work));
  });

  app.post("/api/create", async (c) => {
    const { model, from, system, parameters, stream } = readCreateRequest(await readJson(c));
    const source = await models.find(from);
    const work = async (report: (what: Report) => void): Promise<void> => {
      report({ status: `using existing layer sha256:${(await files.describe(source)).digest}` });
      await make(source, model, { system, parameters });
      for (const status of ["writing manifest", "success"]) report({ status });
    };
    return answered(c, stream, reports(work));
  });

  app.post("/api/copy", async (c) => {
    const { source, destination } = readCopyRequest(await readJson(c));
    await make(await models.find(source), destination, {});
    return c.body(null, 200);
  });

  app.delete("/api/delete", async (c) => {
    const known = await models.find(readModelRequest(await readJson(c)).model);
    const { name, made } = known;
    const ref = parseModelRef(name);
    if (!made && ref.kind !== "hub") {
      throw new HttpError(403, "forbidden", `${name} was neither pulled nor made by cria: delete it where it comes from`);
    }
    const others = (await models.known()).filter((each) => each.name !== name && String(each.place) === String(known.place));
    if (!made && others.length > 0) {
      const names = others.map((each) => each.name).join(" and ");
      throw new HttpError(403, "forbidden", `${names} ${others.length > 1 ? "are" : "is"} made of ${name}: delete that first`);
    }
    await models.unload(name);
    if (made) await forgetMade(name);
    else if (ref.kind === "hub") await removePulled(ref.model);
    models.changed();
    return c.body(null, 200);
  });

  /** Another name for a model's weights; the settings that it has already stay where no others are given. */
  async function make(
    source: KnownModel,
    given: string,
    { system, parameters }: { system?: string; parameters?: Readonly<Record<string, unknown>> },
  ): Promise<void> {
    const name = given.replace(/:latest$/, "");
    checkMadeName(name);
    const taken = (await models.known()).find((each) => each.name === name);
    if (taken && !taken.made) throw new HttpError(403, "forbidden", `${name} is there already, and was not made here: choose another name`);
    if (typeof source.place !== "string") throw new ParameterError(`${source.name} is not on this machine: pull it first`, "from");
    const whole = parameters ? { ...source.made?.parameters, ...parameters } : source.made?.parameters;
    checkParameters(whole);
    const file = await files.describe(source);
    await keepMade({
      name,
      from: source.made?.from ?? source.name,
      kind: file.isFolder ? "folder" : "file",
      path: source.place,
      system: system ?? source.made?.system,
      parameters: whole,
    });
    models.changed();
  }

  return app;
}

/** Report by report, or the last one. */
async function answered(c: Context<Env>, stream: boolean, all: AsyncGenerator<Report, void>): Promise<Response> {
  if (stream) return ndjson(c, all);
  let last: Report = { status: "" };
  for await (const report of all) last = report;
  return c.json(last);
}
