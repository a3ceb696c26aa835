import { describe, expect, it } from "vitest";
import { readEvents } from "./stream.ts";

/** Bytes in pieces of a size. */
function stream(text: string, size: number): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + size));
      at += size;
    },
  });
}

async function read(text: string, size = 1): Promise<string[]> {
  const events: string[] = [];
  for await (const event of readEvents(stream(text, size))) events.push(event);
  return events;
}

describe("server-sent events", () => {
  it.each([1, 2, 3, 7, 1000])("are the same in pieces of %i bytes", async (size) => {
    const text =
      '\uFEFFdata: {"a":"h\u00e9 \u{1f999}"}\n\n: keep-alive\n\nevent: x\ndata: 1\r\ndata:2\r\n\r\ndata\rid: 4\r\rdata: [DONE]\n\n';
    expect(await read(text, size)).toEqual(['{"a":"h\u00e9 \u{1f999}"}', "1\n2", "", "[DONE]"]);
  });

  it("keep all spaces but the first, and know data from other fields", async () => {
    expect(await read("data:  a \n\ndatabase: b\n\nxdata: c\n\n")).toEqual([" a "]);
  });

  it("that were cut off are none", async () => {
    expect(await read("data: a\n\ndata: b\n", 4)).toEqual(["a"]);
  });

  it("without an end are refused", async () => {
    await expect(read(`data: ${"x".repeat(9 * 2 ** 20)}`, 2 ** 16)).rejects.toThrow("no end");
    await expect(read(`data: ${"x".repeat(1000)}\n`.repeat(9000), 2 ** 16)).rejects.toThrow("no end");
  });

  it("are let go when their reader leaves", async () => {
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new TextEncoder().encode("data: a\n\n")),
      cancel() {
        cancelled = true;
      },
    });
    for await (const event of readEvents(endless)) if (event === "a") break;
    expect(cancelled).toBe(true);
  });
});
