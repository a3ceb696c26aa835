import { expect, it } from "vitest";
import { moduleOf, op } from "./wasm-module.ts";

it("a module put together by hand runs", () => {
  const [count, sum] = [0, 1];
  const body = [
    ...op.loop(
      ...[op.get(sum), op.i32(-1000), op.splatBytes, op.addWords, op.set(sum)],
      ...[op.get(count), op.i32(1), op.subtract, op.tee(count)],
    ),
    ...op.get(sum),
    ...op.firstWord,
  ];
  const module = new WebAssembly.Module(moduleOf([{ name: "f", parameters: 1, vectors: 1, body }], 300));
  const { exports } = new WebAssembly.Instance(module);
  const { f, memory } = exports as { f: (count: number) => number; memory: WebAssembly.Memory };
  expect(f(5)).toBe((5 * 0x18181818) | 0); // -1000 is 0x18 in its lowest byte
  expect(memory.buffer.byteLength).toBe(300 * 65_536);
});
