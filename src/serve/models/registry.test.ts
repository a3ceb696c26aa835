// Which models are in memory: threads are played, and every turn of events is made to happen.
import { beforeEach, expect, it, vi } from "vitest";
import { UnsupportedError, UsageError } from "../../errors.ts";
import { createRegistry, type ModelRegistry } from "./registry.ts";
import type { ServedModel } from "./served-model.ts";

/** A thread of which the test says when it is ready, fails, or ends. */
interface Played {
  readonly place: string;
  ready(): void;
  fail(error: Error): void;
  die(): void;
  closed: boolean;
}

const played = vi.hoisted(() => ({ threads: [] as Played[], bytes: new Map<string, number>() }));

vi.mock("./plan-model.ts", () => ({
  planModel: async (place: string) => ({ task: { place, options: {} }, bytes: played.bytes.get(place) ?? 1 }),
}));
vi.mock("./served-model.ts", () => ({
  startModel: ({ place }: { place: string }, signal: AbortSignal) =>
    new Promise<ServedModel>((resolve, reject) => {
      let die: () => void = () => {};
      const ended = new Promise<void>((end) => (die = end));
      const thread: Played = { place, ready, fail: reject, die, closed: false };
      const close = async (): Promise<void> => {
        thread.closed = true;
      };
      function ready(): void {
        resolve({ place, ended, close } as unknown as ServedModel);
      }
      signal.addEventListener("abort", () => reject(signal.reason));
      played.threads.push(thread);
    }),
}));

const threads = played.threads;
let registry: ModelRegistry;
beforeEach(() => {
  threads.length = 0;
  played.bytes.clear();
  vi.useRealTimers();
  registry = open(10);
});

function open(memoryBudget: number): ModelRegistry {
  const known = async () => [...["a", "b", "c"].map((name) => ({ name, place: name })), { name: "alias of a", place: "a" }];
  return createRegistry({ known, engine: { contexts: 1 }, memoryBudget });
}

/** Until all that goes on by promises has gone on. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function use(name: string, keepAlive?: number): Promise<() => void> {
  const lease = registry.use(name, keepAlive);
  await settled();
  threads.at(-1)!.ready();
  return (await lease).release;
}

const names = (): string[] => registry.loaded().flatMap(({ names }) => names.map(({ known }) => known.name));

it("loads a model once, however many ask for it at the same time", async () => {
  const leases = [registry.use("a"), registry.use(undefined), registry.use("a:latest")];
  await settled();
  expect(threads.map(({ place }) => place)).toEqual(["a"]);
  expect(names()).toEqual([]); // not yet
  threads[0].ready();
  await Promise.all(leases);
  expect(registry.loaded()).toMatchObject([{ names: [{ known: { name: "a" }, uses: 3 }] }]);
});

it("makes room by the one that was not used for longest, and never by one that is used", async () => {
  registry = open(2);
  const a = await use("a");
  (await use("b"))();
  await expect.poll(() => registry.loaded().length).toBe(2);
  a();
  await new Promise((resolve) => setTimeout(resolve, 2));
  (await registry.use("b")).release(); // the latest
  const c = await use("c");
  expect(names()).toEqual(["b", "c"]);
  expect(threads.map(({ closed }) => closed)).toEqual([true, false, false]);
  const b = await registry.use("b");
  await expect(registry.use("a")).rejects.toMatchObject({ status: 503, code: "overloaded", headers: { "Retry-After": "10" } });
  expect(names()).toEqual(["b", "c"]);
  c();
  b.release();
});

it("refuses what is too large for the whole budget, and keeps what it has", async () => {
  (await use("a"))();
  played.bytes.set("b", 11);
  await expect(registry.use("b")).rejects.toMatchObject({
    status: 501,
    message: "b needs 11 bytes of memory, the server may use 10 bytes (--memory)",
    headers: { "x-should-retry": "false" },
  });
  expect(names()).toEqual(["a"]);
});

it("does not let a model that is here wait for one that is being loaded", async () => {
  (await use("a"))();
  const slow = registry.use("b");
  await settled();
  const { release } = await registry.use("a");
  release();
  threads[1].ready();
  await slow;
});

it("keeps nothing of a load that fails, and tries again when asked again", async () => {
  const first = [registry.use("a"), registry.use("a")];
  await settled();
  threads[0].fail(new UsageError("there is no such file"));
  for (const lease of first) {
    // Not the mistake of who asked: no UsageError, which would be a 400.
    const error = await lease.catch((thrown: unknown) => thrown);
    expect(error).not.toBeInstanceOf(UsageError);
    expect(error).toMatchObject({ message: "a cannot be loaded: there is no such file" });
  }
  expect(registry.loaded()).toEqual([]);
  await use("a");
  expect(threads).toHaveLength(2);
  registry = open(1);
  const fails = registry.use("a");
  await settled();
  threads[2].fail(new Error("broken"));
  await expect(fails).rejects.toThrow("broken");
  await use("b"); // its room is free again
});

it("says what a model has that is not supported, and not where it lies", async () => {
  const known = async () => [{ name: "ours", place: "/home/ann/ours.gguf" }];
  const lease = createRegistry({ known, engine: { contexts: 1 }, memoryBudget: 10 }).use("ours");
  await settled();
  threads[0].fail(new UnsupportedError("/home/ann/ours.gguf: the architecture is not supported"));
  await expect(lease).rejects.toEqual(new UnsupportedError("ours: the architecture is not supported"));
});

it("forgets a model whose thread ended", async () => {
  const release = await use("a");
  threads[0].die();
  await settled();
  expect(names()).toEqual([]);
  release();
  await use("a");
  expect(threads).toHaveLength(2);
});

it("lets a model go when its time is over, at once, or never, as the last request said", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  (await use("a", 60))();
  const [{ expiresAt }] = registry.loaded()[0].names;
  expect(expiresAt!.getTime() - Date.now()).toBe(60_000);
  vi.advanceTimersByTime(50_000);
  const again = await registry.use("a");
  vi.advanceTimersByTime(50_000); // in use
  expect(names()).toEqual(["a"]);
  again.release();
  vi.advanceTimersByTime(59_000);
  expect(names()).toEqual(["a"]);
  vi.advanceTimersByTime(2000);
  await settled();
  expect([names(), threads[0].closed]).toEqual([[], true]);

  const now = await use("a", 0);
  expect(names()).toEqual(["a"]);
  now();
  await settled();
  expect(threads[1].closed).toBe(true);

  (await use("a", Number.POSITIVE_INFINITY))();
  vi.advanceTimersByTime(10 ** 9);
  expect(names()).toEqual(["a"]);
});

it("unloads a model as soon as nobody uses it", async () => {
  const release = await use("a");
  await registry.unload("a");
  expect(names()).toEqual(["a"]);
  release();
  await settled();
  expect([names(), threads[0].closed]).toEqual([[], true]);
  await registry.unload("b"); // is not loaded
  await expect(registry.unload("x")).rejects.toMatchObject({ status: 404 });
});

it("keeps weights for each of their names as long as it asks for, and lets them go with the last", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  (await use("a"))();
  const alias = await registry.use("alias of a", 60);
  expect([names(), registry.loaded().length]).toEqual([["a", "alias of a"], 1]);
  await registry.unload("a"); // nobody else's
  expect([names(), threads[0].closed]).toEqual([["alias of a"], false]);
  (await registry.use("a", 10)).release();
  alias.release();
  vi.advanceTimersByTime(20_000);
  expect(names()).toEqual(["alias of a"]);
  vi.advanceTimersByTime(50_000);
  await settled();
  expect([names(), threads[0].closed]).toEqual([[], true]);
});

it("ends what is loaded and what is being loaded", async () => {
  (await use("a"))();
  const late = registry.use("b");
  await settled();
  const closed = registry.close();
  await expect(late).rejects.toMatchObject({ status: 503 });
  await closed;
  expect(names()).toEqual([]);
  expect(threads[0].closed).toBe(true);
});

it("knows names, near names, and the default", async () => {
  await expect(registry.use("d")).rejects.toMatchObject({
    status: 404,
    code: "model_not_found",
    message: expect.stringMatching(/there is no model "d"/),
  });
});
