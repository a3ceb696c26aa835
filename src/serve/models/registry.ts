// The models that a server has: loaded when they are asked for, let go of when their room is needed.
import { UnsupportedError, UsageError } from "../../errors.ts";
import type { MadeModel } from "../../hub/made-models.ts";
import { nearest } from "../../nearest.ts";
import { HttpError } from "../http-error.ts";
import { byName } from "./model-names.ts";
import { type EngineSettings, planModel } from "./plan-model.ts";
import { type ServedModel, startModel } from "./served-model.ts";

/** A model that can be asked for. */
export interface KnownModel {
  /** What clients call it. */
  readonly name: string;
  /** A path or a URL. Models of one place are loaded once. */
  readonly place: string | URL;
  /** What it was made of, and the settings that it has of its own. */
  readonly made?: MadeModel;
}

/** A model in memory. */
export interface LoadedModel {
  readonly name: string;
  readonly model: ServedModel;
  /** Bytes, as planned. */
  readonly bytes: number;
  readonly loadedAt: Date;
  /** When it is let go of unless somebody asks for it; undefined: when its room is needed. */
  readonly expiresAt: Date | undefined;
  /** Requests that use it now. */
  readonly uses: number;
}

/** A loaded model that stays while it is held. */
export interface Lease {
  readonly name: string;
  readonly known: KnownModel;
  readonly model: ServedModel;
  release(): void;
}

export interface RegistryOptions {
  /** What can be asked for, the default first. */
  known(): Promise<readonly KnownModel[]>;
  readonly engine: EngineSettings;
  /** Bytes that all loaded models take together. */
  readonly memoryBudget: number;
  /** A model has come into memory, after so many seconds, or left it. */
  onChange?(name: string, change: { readonly loadedIn: number } | "gone"): void;
}

export interface ModelRegistry {
  known(): Promise<readonly KnownModel[]>;
  /** To be told when the models that can be asked for have changed. */
  changed(): void;
  /** @param name undefined: the default @throws HttpError when there is no such model */
  find(name: string | undefined): Promise<KnownModel>;
  loaded(): readonly LoadedModel[];
  /**
   * Loads a model where it is not loaded.
   *
   * @param name      undefined: the default
   * @param keepAlive seconds that it stays loaded unused: 0 not at all, Infinity until its room is needed (the default)
   * @throws HttpError when there is no such model, or no room for it
   */
  use(name: string | undefined, keepAlive?: number): Promise<Lease>;
  /** Lets go of a model once nobody uses it. @throws HttpError when there is no such model */
  unload(name: string): Promise<void>;
  close(): Promise<void>;
}

/** Milliseconds for which what was found on the disk counts as known: every request looks for its model, and there are many folders. */
const REMEMBERED = 1000;

interface Entry {
  /** As it was called first. */
  readonly name: string;
  readonly place: string;
  readonly bytes: number;
  readonly starting: Promise<ServedModel>;
  /** Ends the start. */
  readonly abandoned: AbortController;
  model?: ServedModel;
  loadedAt: Date;
  lastUsed: number;
  uses: number;
  keepAlive: number;
  expiry?: { at: Date; timer: NodeJS.Timeout };
}

export function createRegistry({ known: look, engine, memoryBudget, onChange }: RegistryOptions): ModelRegistry {
  const entries = new Map<string, Entry>();
  /** Making room and loading happen one after the other: two loads must not count on the same room. */
  let order: Promise<unknown> = Promise.resolve();
  let closed = false;

  let looked: { at: number; found: Promise<readonly KnownModel[]> } | undefined;

  const known = (): Promise<readonly KnownModel[]> => {
    if (!looked || Date.now() - looked.at > REMEMBERED) {
      looked = { at: Date.now(), found: look() };
      looked.found.catch(changed);
    }
    return looked.found;
  };

  const changed = (): void => {
    looked = undefined;
  };

  const find = async (name: string | undefined): Promise<KnownModel> => {
    const models = await known();
    const found = name === undefined || name === "" ? models[0] : byName(models, name);
    if (found) return found;
    const names = models.map((model) => model.name);
    const near = name === undefined ? undefined : nearest(name, names);
    const hint = near === undefined ? `expected ${names.length > 5 ? "one of /v1/models" : names.join(" or ")}` : `did you mean ${near}?`;
    throw new HttpError(404, "model_not_found", `there is no model ${JSON.stringify(name?.slice(0, 200))}: ${hint}`, {
      parameter: "model",
    });
  };

  /** Those that are on their way out, and still take their room. */
  const leaving = new Map<Entry, Promise<void>>();

  const letGo = (entry: Entry): Promise<void> => {
    clearTimeout(entry.expiry?.timer);
    if (entries.get(entry.place) === entry) entries.delete(entry.place);
    if (!entry.model) entry.abandoned.abort(new HttpError(503, "overloaded", `${entry.name} is let go of before it is loaded: try again`));
    const gone = entry.starting
      .then(
        (model) => model.close(),
        () => {},
      )
      .finally(() => leaving.delete(entry));
    leaving.set(entry, gone);
    return gone;
  };

  const makeRoom = async (name: string, bytes: number): Promise<void> => {
    if (bytes > memoryBudget) {
      throw new HttpError(
        503,
        "overloaded",
        `${name} needs ${gigabytes(bytes)} of memory, the server may use ${gigabytes(memoryBudget)} (--memory)`,
      );
    }
    for (;;) {
      const taken = [...entries.values(), ...leaving.keys()].reduce((sum, entry) => sum + entry.bytes, 0);
      if (taken + bytes <= memoryBudget) return;
      if (leaving.size > 0) {
        await Promise.all(leaving.values());
        continue;
      }
      const [oldest] = [...entries.values()].filter(({ uses }) => uses === 0).sort((a, b) => a.lastUsed - b.lastUsed);
      if (!oldest) {
        throw new HttpError(
          503,
          "overloaded",
          `${name} needs ${gigabytes(bytes)} of memory, and all of the models that are loaded are in use: try again later`,
          { headers: { "Retry-After": "10" } },
        );
      }
      await letGo(oldest);
    }
  };

  const start = async ({ name, place }: KnownModel): Promise<Entry> => {
    const { task, bytes } = await planModel(place, engine);
    await makeRoom(name, bytes);
    if (closed) throw new HttpError(503, "overloaded", "this server is ending: ask again", { headers: { "Retry-After": "1" } });
    const abandoned = new AbortController();
    const began = performance.now();
    const starting = startModel(task, abandoned.signal);
    const entry: Entry = {
      name,
      place: String(place),
      bytes,
      starting,
      abandoned,
      loadedAt: new Date(),
      lastUsed: Date.now(),
      uses: 0,
      keepAlive: Number.POSITIVE_INFINITY,
    };
    entries.set(entry.place, entry);
    const forget = (): void => {
      if (entries.get(entry.place) === entry) entries.delete(entry.place);
    };
    starting.then((model) => {
      Object.assign(entry, { model, loadedAt: new Date() });
      onChange?.(name, { loadedIn: (performance.now() - began) / 1000 });
      void model.ended.then(() => {
        forget();
        onChange?.(name, "gone");
      });
    }, forget);
    return entry;
  };

  const release = (entry: Entry): void => {
    entry.uses--;
    entry.lastUsed = Date.now();
    if (entry.uses > 0 || entry.keepAlive === Number.POSITIVE_INFINITY) return;
    if (entry.keepAlive <= 0) return void letGo(entry);
    // Node's timers hold 24 days.
    const milliseconds = Math.min(entry.keepAlive * 1000, 2 ** 31 - 1);
    const timer = setTimeout(() => void letGo(entry), milliseconds).unref();
    entry.expiry = { at: new Date(Date.now() + milliseconds), timer };
  };

  return {
    known,
    changed,
    find,

    loaded: () =>
      [...entries.values()].flatMap(({ name, model, bytes, loadedAt, expiry, uses }) =>
        model ? [{ name, model, bytes, loadedAt, expiresAt: expiry?.at, uses }] : [],
      ),

    async use(name, keepAlive) {
      const wanted = await find(name);
      const hold = (entry: Entry): Entry => {
        entry.uses++;
        clearTimeout(entry.expiry?.timer);
        entry.expiry = undefined;
        if (keepAlive !== undefined) entry.keepAlive = keepAlive;
        return entry;
      };
      // What is here already waits for nobody else's model.
      const here = entries.get(String(wanted.place));
      const next = here ? hold(here) : order.then(async () => hold(entries.get(String(wanted.place)) ?? (await start(wanted))));
      if (!here) order = Promise.resolve(next).catch(() => undefined);
      const entry = await Promise.resolve(next).catch((error) => {
        throw loadError(wanted, error);
      });
      let held = true;
      const give = (): void => {
        if (held) release(entry);
        held = false;
      };
      try {
        return { name: wanted.name, known: wanted, model: await entry.starting, release: give };
      } catch (error) {
        give();
        throw loadError(wanted, error);
      }
    },

    async unload(name) {
      const entry = entries.get(String((await find(name)).place));
      if (!entry) return;
      entry.keepAlive = 0;
      if (entry.uses === 0) await letGo(entry);
    },

    async close() {
      closed = true;
      await Promise.all([...[...entries.values()].map(letGo), ...leaving.values()]);
    },
  };
}

/** What is wrong with a file or with the server's memory is no mistake of who asks, and where the file lies is nobody's business. */
function loadError({ name, place }: KnownModel, error: unknown): unknown {
  if (error instanceof UsageError) return new Error(`${name} cannot be loaded: ${error.message}`, { cause: error });
  if (error instanceof UnsupportedError) return new UnsupportedError(error.message.replaceAll(String(place), name), { cause: error });
  return error;
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
