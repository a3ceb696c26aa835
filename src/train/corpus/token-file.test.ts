import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FormatError } from "../../errors.ts";
import { type EncodedDocument, openTokens, writeTokens } from "./token-file.ts";

async function* documents(): AsyncGenerator<EncodedDocument> {
  yield { side: "train", ids: [1, 2, 3], bytes: 10 };
  yield { side: "val", ids: [9, 8], bytes: 4 };
  yield { side: "train", ids: [40_000, 5], bytes: 7 };
}

describe("a file of tokens", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "cria-tokens-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it.each([50_000, 100_000])("gives back both sides with a vocabulary of %i", async (vocabSize) => {
    await writeTokens(folder, vocabSize, documents());
    const [train, val] = [await openTokens(folder, "train", vocabSize), await openTokens(folder, "val", vocabSize)];
    expect(train).toMatchObject({ tokens: 5, documents: 2, bytes: 17 });
    expect(val).toMatchObject({ tokens: 2, documents: 1, bytes: 4 });
    const { ids, starts } = await train!.read(1, 4);
    expect([...ids]).toEqual([2, 3, 40_000, 5]);
    expect(starts).toEqual([2]);
    expect((await train!.read(3, 2)).starts).toEqual([0]);
    expect((await train!.read(1, 2)).starts).toEqual([]);
    await train!.close();
    await val!.close();
  });

  it("is not there before it is whole", async () => {
    async function* failing(): AsyncGenerator<EncodedDocument> {
      yield { side: "train", ids: [1], bytes: 1 };
      throw new Error("the data ends here");
    }
    await expect(writeTokens(folder, 100, failing())).rejects.toThrow("the data ends here");
    expect(await openTokens(folder, "train", 100)).toBeUndefined();
  });

  it("is refused when it is longer than it says", async () => {
    await writeTokens(folder, 100, documents());
    await appendFile(join(folder, "train.ids"), "x");
    await expect(openTokens(folder, "train", 100)).rejects.toThrow(FormatError);
  });
});
