import { describe, expect, it } from "vitest";
import { UsageError } from "../errors.ts";
import { createRng } from "../tensor/rng.ts";
import { createFairQueue, type EnterOptions, type FairQueue, QueueFullError } from "./fair-queue.ts";
import { turn } from "./turn.ts";

/** Enters, and notes who has a place in which order; `leave` gives places back by name. */
function visitors(queue: FairQueue): {
  order: string[];
  come(owner: string, name?: string, options?: EnterOptions): Promise<void>;
  leave(name: string): Promise<void>;
} {
  const order: string[] = [];
  const leaves = new Map<string, () => void>();
  return {
    order,
    async come(owner, name = owner, options) {
      const leave = await queue.enter(owner, options);
      order.push(name);
      leaves.set(name, leave);
    },
    async leave(name) {
      leaves.get(name)!();
      await turn();
    },
  };
}

describe("owners take turns", () => {
  it("one after the other, and each in the order in which it came", async () => {
    const { order, come, leave } = visitors(createFairQueue({ slots: 1, waiting: 10 }));
    const all = ["a1", "a2", "a3", "a4", "b1", "b2", "c1"].map((name) => come(name[0], name));
    await turn();
    for (let i = 0; i < all.length; i++) await leave(order[i]);
    await Promise.all(all);
    expect(order).toEqual(["a1", "a2", "b1", "c1", "a3", "b2", "a4"]);
  });

  it("whatever one of them asks for meanwhile", async () => {
    const { order, come, leave } = visitors(createFairQueue({ slots: 1, waiting: 100 }));
    const all = [come("busy", "0")];
    for (let i = 1; i < 50; i++) all.push(come("busy", `${i}`));
    await turn();
    all.push(come("rare"));
    await leave("0");
    await leave("1");
    expect(order).toEqual(["0", "1", "rare"]);
    all.push(come("rare", "rare again"));
    await leave("rare");
    await leave("2");
    expect(order).toEqual(["0", "1", "rare", "2", "rare again"]);
    expect(all).toHaveLength(52);
  });

  it("but for those that have all that they may", async () => {
    const most = (owner: string): number => (owner === "a" ? 1 : 3);
    const { order, come, leave } = visitors(createFairQueue({ slots: 3, waiting: 10, mostPerOwner: most }));
    void come("a", "a1");
    void come("a", "a2");
    void come("b", "b1");
    void come("b", "b2");
    void come("b", "b3");
    await turn();
    expect(order).toEqual(["a1", "b1", "b2"]);
    await leave("b1");
    expect(order).toEqual(["a1", "b1", "b2", "b3"]);
    await leave("b2"); // a place that nobody who waits may have
    expect(order).toHaveLength(4);
    await leave("a1");
    expect(order).toEqual(["a1", "b1", "b2", "b3", "a2"]);
  });
});

describe("a full queue", () => {
  it("refuses at once, and says how many wait", async () => {
    const queue = createFairQueue({ slots: 1, waiting: 2 });
    const { come, leave, order } = visitors(queue);
    void come("a");
    void come("b");
    void come("c");
    const refused = queue.enter("d");
    await expect(refused).rejects.toThrow("all places are taken, and 2 requests wait for one, which is the most: try again later");
    await expect(refused).rejects.toMatchObject({ name: "QueueFullError", waiting: 2, own: false });
    await expect(refused).rejects.toThrow(UsageError);
    await leave("a");
    void come("d");
    await leave("b");
    await leave("c");
    expect(order).toEqual(["a", "b", "c", "d"]);
  });

  it("lets nobody wait where nobody may", async () => {
    const queue = createFairQueue({ slots: 2, waiting: 0 });
    await queue.enter("a");
    const leave = await queue.enter("a");
    await expect(queue.enter("b")).rejects.toThrow(QueueFullError);
    leave();
    leave(); // gives back one place, not two
    await queue.enter("b");
    await expect(queue.enter("b")).rejects.toThrow(QueueFullError);
  });

  it.each([
    { slots: 0, waiting: 1 },
    { slots: 1.5, waiting: 1 },
    { slots: 1, waiting: -1 },
    { slots: 1, waiting: Number.NaN },
  ])("is not made of $slots places and $waiting that wait", (options) => {
    expect(() => createFairQueue(options)).toThrow(UsageError);
  });
});

describe("who does not wait any longer", () => {
  it("leaves at once when aborted, and makes room", async () => {
    const queue = createFairQueue({ slots: 1, waiting: 1 });
    const leave = await queue.enter("a");
    const controller = new AbortController();
    const waits = queue.enter("b", { signal: controller.signal });
    expect(queue.counts()).toMatchObject({ running: 1, waiting: 1 });
    controller.abort(new Error("gone"));
    expect(queue.counts()).toEqual({ running: 1, waiting: 0, perOwner: new Map([["a", { running: 1, waiting: 0 }]]) });
    await expect(waits).rejects.toThrow("gone");
    await expect(queue.enter("b", { signal: controller.signal })).rejects.toThrow("gone");
    const next = queue.enter("c");
    leave();
    (await next)();
    expect(queue.counts()).toEqual({ running: 0, waiting: 0, perOwner: new Map() });
  });

  it("keeps a place that it has, whatever its signal says then", async () => {
    const queue = createFairQueue({ slots: 1, waiting: 1 });
    const controller = new AbortController();
    const first = await queue.enter("a");
    const second = queue.enter("b", { signal: controller.signal });
    first();
    controller.abort(); // later than the place
    const leave = await second;
    expect(queue.counts()).toMatchObject({ running: 1, waiting: 0 });
    leave();
    expect(queue.counts()).toMatchObject({ running: 0, waiting: 0 });
  });
});

it("ten thousand that come, wait, leave and are aborted at random leave nothing behind", async () => {
  const rng = createRng(1);
  const most = (owner: string): number => 1 + (Number(owner) % 3);
  const queue = createFairQueue({ slots: 4, waiting: 20, mostPerOwner: most });
  const places: { owner: string; leave: () => void }[] = [];
  const controllers: AbortController[] = [];
  let listeners = 0;
  const outcomes = { entered: 0, full: 0, aborted: 0 };
  const all: Promise<void>[] = [];
  for (let i = 0; i < 10_000; i++) {
    const owner = `${rng.integer(6)}`;
    const controller = new AbortController();
    const { signal } = controller;
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
    Object.assign(signal, {
      addEventListener: (...args: Parameters<typeof add>) => [listeners++, add(...args)],
      removeEventListener: (...args: Parameters<typeof remove>) => [listeners--, remove(...args)],
    });
    controllers.push(controller);
    all.push(
      queue.enter(owner, { signal }).then(
        (leave) => {
          outcomes.entered++;
          places.push({ owner, leave });
        },
        (error: Error) => {
          if (error instanceof QueueFullError) outcomes.full++;
          else if (error.name === "AbortError") outcomes.aborted++;
          else throw error;
        },
      ),
    );
    if (rng.integer(3) === 0) await turn();
    if (rng.integer(2) === 0 && places.length > 0) places.splice(rng.integer(places.length), 1)[0].leave();
    if (rng.integer(4) === 0) controllers.splice(rng.integer(controllers.length), 1)[0].abort();

    const { running, waiting, perOwner } = queue.counts();
    expect(running <= 4 && waiting <= 20).toBe(true);
    const counts = [...perOwner];
    expect(counts.every(([name, count]) => count.running <= most(name) && count.running + count.waiting > 0)).toBe(true);
    expect(counts.reduce((sum, [, count]) => sum + count.running, 0)).toBe(running);
    expect(counts.reduce((sum, [, count]) => sum + count.waiting, 0)).toBe(waiting);
    // No place is free for anybody who waits.
    expect(running < 4 && counts.some(([name, count]) => count.waiting > 0 && count.running < most(name))).toBe(false);
  }
  while (queue.counts().running > 0) {
    await turn();
    for (const { leave } of places.splice(0)) leave();
  }
  await Promise.all(all);
  expect(queue.counts()).toEqual({ running: 0, waiting: 0, perOwner: new Map() });
  expect(listeners).toBe(0);
  expect(outcomes.entered + outcomes.full + outcomes.aborted).toBe(10_000);
  expect(Math.min(...Object.values(outcomes))).toBeGreaterThan(20);
});
