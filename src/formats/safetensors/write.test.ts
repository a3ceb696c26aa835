import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { goldenPath } from "../../../test/goldens.ts";
import { UnsupportedError, UsageError } from "../../errors.ts";
import { collectBytes } from "../byte-writer.ts";
import { fromStored, type TensorInput } from "../tensor-input.ts";
import { openSafetensors } from "./open.ts";
import { writeSafetensors } from "./write.ts";

it.each([
  "quant/safetensors/zoo.safetensors",
  "quant/hostile-safetensors/ok.safetensors",
  "models/llama2-gqa/model.safetensors",
  "models/llama2-gqa-bf16/model.safetensors",
])("%s is written as the safetensors library wrote it, byte for byte", async (name) => {
  const path = goldenPath(name) as string;
  const file = await openSafetensors(path);
  const tensors = [...file.tensors.values()].reverse().map(fromStored);
  const written = await collectBytes(writeSafetensors(tensors, file.metadata));
  expect(Buffer.compare(written, await readFile(path))).toBe(0);
  await file.close();
});

it("names are only names, whatever they look like", async () => {
  const names = ["10", "9", "__proto__", "constructor", "", 'with "quotes" and \\', "\u{1f999}", "\uffee", "\u0000"];
  const tensors = names.map((name, i): TensorInput => ({ name, shape: [1], type: "U8", data: Uint8Array.of(i) }));
  const written = await collectBytes(writeSafetensors(tensors, new Map([["__proto__", "x"]])));
  const file = await openSafetensors(new Blob([written]));
  expect(new Set(file.tensors.keys())).toEqual(new Set(names));
  for (const [i, name] of names.entries()) expect(await file.tensors.get(name)?.read()).toEqual(Uint8Array.of(i));
  expect(file.metadata.get("__proto__")).toBe("x");
  expect(Object.getPrototypeOf({})).toBe(Object.prototype);
});

it("refuses block types, doubles and data of the wrong length", async () => {
  const write = (...tensors: TensorInput[]): Promise<Uint8Array> => collectBytes(writeSafetensors(tensors));
  const good: TensorInput = { name: "x", shape: [2], type: "F16", data: new Uint8Array(4) };
  await expect(write({ ...good, shape: [32], type: "Q4_0" })).rejects.toThrow(UnsupportedError);
  await expect(write(good, good)).rejects.toThrow(UsageError);
  await expect(write({ ...good, shape: [3] })).rejects.toThrow('tensor "x": only 4 of 6 bytes came for F16 [3]');
});
