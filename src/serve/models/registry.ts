// The models that a server has: loaded when they are asked for, let go of when their room is needed.
import { UnsupportedError, UsageError } from "../../errors.ts";
import type { MadeModel } from "../../hub/made-models.ts";
import { showBytes } from "../../hub/repo-models.ts";
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

/** Weights in memory, and the names that they were asked for by: at least one. */
export interface LoadedModel {
  readonly names: readonly LoadedName[];
  readonly model: ServedModel;
  /** Bytes, as planned. */
  readonly bytes: number;
  readonly loadedAt: Date;
}

export interface LoadedName {
  readonly known: KnownModel;
  /** When the weights are let go of as far as this name is concerned, unless somebody asks for it; undefined: when their room is needed. */
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
   * @param keepAlive seconds that it stays loaded unused: 0 not at all, Infinity until its room is needed (the default); of several names for the same
   *                  weights each has its own
   * @throws HttpError when there is no such model, or no room for it
   */
  use(name: string | undefined, keepAlive?: number): Promise<Lease>;
  /** Lets go of a model once nobody uses it, nor any other name of its weights. @throws HttpError when there is no such model */
  unload(name: string): Promise<void>;
  close(): Promise<void>;
}

/** Milliseconds for which what was found on the disk counts as known: every request looks for its model, and there are many folders. */
const REMEMBERED = 1000;

interface Entry {
  /** As it was called first. */
  readonly name: string;
  /** By name: what is asked of these weights. With the last one they go. */
  readonly holds: Map<string, Hold>;
  readonly place: string;
  readonly bytes: number;
  readonly starting: Promise<ServedModel>;
  /** Ends the start. */
  readonly abandoned: AbortController;
  model?: ServedModel;
  loadedAt: Date;
  lastUsed: number;
}

interface Hold {
  /** As it was known when it was asked for last. */
  known: KnownModel;
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
    for (const { expiry } of entry.holds.values()) clearTimeout(expiry?.timer);
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
      // OpenAI's and Anthropic's clients ask again after a 5xx, but for this header.
      throw new HttpError(501, "unsupported", tooLarge(name, bytes, memoryBudget), { headers: { "x-should-retry": "false" } });
    }
    for (;;) {
      const taken = [...entries.values(), ...leaving.keys()].reduce((sum, entry) => sum + entry.bytes, 0);
      if (taken + bytes <= memoryBudget) return;
      if (leaving.size > 0) {
        await Promise.all(leaving.values());
        continue;
      }
      const [oldest] = [...entries.values()].filter((entry) => !isUsed(entry)).sort((a, b) => a.lastUsed - b.lastUsed);
      if (!oldest) {
        throw new HttpError(
          503,
          "overloaded",
          `${name} needs ${showBytes(bytes)} of memory, and all of the models that are loaded are in use: try again later`,
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
      holds: new Map(),
      place: String(place),
      bytes,
      starting,
      abandoned,
      loadedAt: new Date(),
      lastUsed: Date.now(),
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

  const hold = (entry: Entry, known: KnownModel, keepAlive: number | undefined): Entry => {
    const held: Hold = entry.holds.get(known.name) ?? { known, uses: 0, keepAlive: Number.POSITIVE_INFINITY };
    entry.holds.set(known.name, held);
    clearTimeout(held.expiry?.timer);
    held.expiry = undefined;
    held.known = known;
    held.uses++;
    if (keepAlive !== undefined) held.keepAlive = keepAlive;
    return entry;
  };

  const drop = async (entry: Entry, name: string): Promise<void> => {
    entry.holds.delete(name);
    if (entry.holds.size === 0) await letGo(entry);
  };

  const release = (entry: Entry, name: string): void => {
    const held = entry.holds.get(name)!; // it stays while it is used
    held.uses--;
    entry.lastUsed = Date.now();
    if (held.uses > 0 || held.keepAlive === Number.POSITIVE_INFINITY) return;
    if (held.keepAlive <= 0) return void drop(entry, name);
    // Node's timers hold 24 days.
    const milliseconds = Math.min(held.keepAlive * 1000, 2 ** 31 - 1);
    const timer = setTimeout(() => void drop(entry, name), milliseconds).unref();
    held.expiry = { at: new Date(Date.now() + milliseconds), timer };
  };

  return {
    known,
    changed,
    find,

    loaded: () =>
      [...entries.values()].flatMap(({ holds, model, bytes, loadedAt }) => {
        const names = Array.from(holds.values(), ({ known, expiry, uses }) => ({ known, expiresAt: expiry?.at, uses }));
        return model ? [{ names, model, bytes, loadedAt }] : [];
      }),

    async use(name, keepAlive) {
      const wanted = await find(name);
      const held = (entry: Entry): Entry => hold(entry, wanted, keepAlive);
      // What is here already waits for nobody else's model.
      const here = entries.get(String(wanted.place));
      const next = here ? held(here) : order.then(async () => held(entries.get(String(wanted.place)) ?? (await start(wanted))));
      if (!here) order = Promise.resolve(next).catch(() => undefined);
      const entry = await Promise.resolve(next).catch((error) => {
        throw loadError(wanted, error);
      });
      let given = false;
      const give = (): void => {
        if (!given) release(entry, wanted.name);
        given = true;
      };
      try {
        return { name: wanted.name, known: wanted, model: await entry.starting, release: give };
      } catch (error) {
        give();
        throw loadError(wanted, error);
      }
    },

    async unload(name) {
      const wanted = await find(name);
      const entry = entries.get(String(wanted.place));
      const held = entry?.holds.get(wanted.name);
      if (!entry || !held) return;
      held.keepAlive = 0;
      if (held.uses === 0) await drop(entry, wanted.name);
    },

    async close() {
      closed = true;
      await Promise.all([...[...entries.values()].map(letGo), ...leaving.values()]);
    },
  };
}

/** @param budget bytes for all models together */
export function tooLarge(name: string, bytes: number, budget: number): string {
  return `${name} needs ${showBytes(bytes)} of memory, the server may use ${showBytes(budget)} (--memory)`;
}

function isUsed({ holds }: Entry): boolean {
  return Array.from(holds.values()).some(({ uses }) => uses > 0);
}

/** What is wrong with a file or with the server's memory is no mistake of who asks, and where the file lies is nobody's business. */
function loadError({ name, place }: KnownModel, error: unknown): unknown {
  if (error instanceof UsageError) return new Error(`${name} cannot be loaded: ${error.message}`, { cause: error });
  if (error instanceof UnsupportedError) return new UnsupportedError(error.message.replaceAll(String(place), name), { cause: error });
  return error;
}
