import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { goldenPath } from "../../../test/goldens.ts";
import { FormatError, UsageError } from "../../errors.ts";
import { collectBytes } from "../byte-writer.ts";
import type { GgufNumberType, GgufValue } from "./metadata.ts";
import { openGguf } from "./open.ts";
import { writeGguf } from "./write.ts";

const shard = (number: number): string => goldenPath(`quant/models/split-0000${number}-of-00002.gguf`) as string;

describe("a model that gguf-split cut in two", () => {
  it("is whole when its first shard is opened", async () => {
    const gguf = await openGguf(shard(1));
    const whole = await openGguf(goldenPath("quant/models/tiny64-Q8_0.gguf") as string);
    expect([...gguf.tensors.keys()]).toEqual([...whole.tensors.keys()]);
    for (const [name, tensor] of gguf.tensors) expect(await tensor.read(), name).toEqual(await whole.tensors.get(name)?.read());
    expect(new Set([...gguf.tensors.values()].map(({ file }) => file))).toEqual(new Set([shard(1), shard(2)]));
    await whole.close();
    expect(gguf.string("general.architecture")).toBe("llama");
    await gguf.close();
  });

  it("says which shard to open when another was given", async () => {
    const opening = openGguf(shard(2));
    await expect(opening).rejects.toThrow(UsageError);
    await expect(opening).rejects.toThrow('is shard 2 of 2 (metadata key "split.no" is 1): open split-00001-of-00002.gguf instead');
  });
});

describe("a set of shards that do not belong together", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "cria-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const integer = (value: number, type: GgufNumberType = "uint16"): GgufValue => ({ type, value });

  /** Writes shard `index` of `count` with one tensor, and tells its path. */
  async function write(
    index: number,
    count: number,
    tensor = `t${index}`,
    name = `m-0000${index + 1}-of-0000${count}.gguf`,
  ): Promise<string> {
    const metadata = new Map([
      ["split.no", integer(index)],
      ["split.count", integer(count)],
      ["split.tensors.count", integer(2, "int32")],
    ]);
    const data = new Uint8Array(4);
    await writeFile(
      join(folder, name),
      await collectBytes(writeGguf({ metadata, tensors: [{ name: tensor, shape: [1], type: "F32", data }] })),
    );
    return join(folder, name);
  }

  it("opens when they do", async () => {
    const first = await write(0, 2);
    await write(1, 2);
    const gguf = await openGguf(first);
    expect([...gguf.tensors.keys()]).toEqual(["t0", "t1"]);
    await gguf.close();
  });

  it.each<[string, typeof FormatError, () => Promise<unknown>]>([
    ["the others must lie beside it", UsageError, async () => {}],
    ['tensor "t0" is also in', FormatError, () => write(1, 2, "t0")],
    ['"split.no" and "split.count" are 0 and 2, expected 1 and 2', FormatError, () => write(0, 2, "t1", "m-00002-of-00002.gguf")],
    ['"split.no" and "split.count" are 1 and 3, expected 1 and 2', FormatError, () => write(1, 3, "t1", "m-00002-of-00002.gguf")],
    [
      'key "split.no" is missing',
      FormatError,
      () => copyFile(goldenPath("quant/gguf/zoo.gguf") as string, join(folder, "m-00002-of-00002.gguf")),
    ],
  ])("%s", async (message, errorClass, writeSecond) => {
    const first = await write(0, 2);
    await writeSecond();
    await expect(openGguf(first)).rejects.toThrow(errorClass);
    await expect(openGguf(first)).rejects.toThrow(message);
  });

  it("refuses a first shard that was renamed", async () => {
    await expect(openGguf(await write(0, 2, "t0", "model.gguf"))).rejects.toThrow("the name must end in -00001-of-00002.gguf");
  });

  it("refuses more or fewer tensors than announced", async () => {
    const first = await write(0, 3);
    await write(1, 3);
    await write(2, 3);
    await expect(openGguf(first)).rejects.toThrow('"split.tensors.count" is 2, the shards hold 3 tensors');
  });

  it("is not searched for beside a Blob", async () => {
    const bytes = await collectBytes(
      writeGguf({
        metadata: new Map([
          ["split.count", integer(2)],
          ["split.no", integer(0)],
        ]),
        tensors: [],
      }),
    );
    await expect(openGguf(new File([bytes], "m-00001-of-00002.gguf"))).rejects.toThrow(UsageError);
  });
});
