// Streams that become one.
import { expect, it, vi } from "vitest";
import { merge } from "./merge.ts";

it("gives all that comes, with no more sources at work than it may, each in its order", async () => {
  let running = 0;
  let most = 0;
  const source = async function* (name: number): AsyncGenerator<[number, number], void> {
    most = Math.max(most, ++running);
    for (let i = 0; i < 3; i++) {
      await new Promise((resolve) => setTimeout(resolve, (name * 7 + i * 5) % 4));
      yield [name, i];
    }
    running--;
  };
  const seen: number[][] = Array.from({ length: 10 }, () => []);
  for await (const [name, i] of merge(
    Array.from({ length: 10 }, (_, name) => source(name)),
    3,
  ))
    seen[name].push(i);
  expect(seen).toEqual(Array.from({ length: 10 }, () => [0, 1, 2]));
  expect(most).toBe(3);
});

it("ends the others when one fails, and begins no more", async () => {
  const ended: string[] = [];
  const source = async function* (name: string): AsyncGenerator<string, void> {
    try {
      for (let i = 0; i < 9; i++) {
        yield name;
        if (name === "b") throw new Error("broken");
      }
    } finally {
      ended.push(name);
    }
  };
  const all = async (): Promise<void> => {
    for await (const _ of merge([source("a"), source("b"), source("c")], 2));
  };
  await expect(all()).rejects.toThrow("broken");
  expect(ended.sort()).toEqual(["a", "b"]);
});

it("may fail while nobody asks for more, and says so to who asks", async () => {
  const source = async function* (fails: boolean): AsyncGenerator<number, void> {
    yield 1;
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (fails) throw new Error("broken");
  };
  const merged = merge([source(false), source(true)]);
  await merged.next();
  await merged.next();
  await new Promise((resolve) => setTimeout(resolve, 20)); // a rejection that nobody heard of would fail this file
  await expect(merged.next()).rejects.toThrow("broken");
});

it("leaves nothing on a source that waits, however much the others say meanwhile", async () => {
  const never = new Promise<IteratorResult<number>>(() => {});
  const heard = vi.spyOn(never, "then");
  const talk = async function* (): AsyncGenerator<number, void> {
    for (let i = 0; i < 100; i++) yield i;
  };
  const merged = merge<number>([{ next: () => never }, talk()]);
  for (let i = 0; i < 100; i++) expect((await merged.next()).value).toBe(i);
  expect(heard).toHaveBeenCalledTimes(1);
});
