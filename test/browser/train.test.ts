// A page trains a model: the losses of a few steps are those of the judge.
import { expect, inject, it } from "vitest";

const losses = (request: { name: "wasm" | "reference"; threads: number }): Promise<number[]> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./train-worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }) => {
      resolve(data);
      worker.terminate();
    };
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage(request);
  });

it("trains as the reference does", async () => {
  const found = await losses({ name: "wasm", threads: inject("isolated") ? 2 : 1 });
  expect(found).toBeWithin(1e-4, await losses({ name: "reference", threads: 1 }));
  expect(found.at(-1)).toBeLessThan(found[0] / 2);
});
