// What a page has with the headers of cross-origin isolation, and without them.
import { expect, inject, it } from "vitest";

it("a page is cross-origin isolated when its headers say so, and only then has shared memory", () => {
  expect(crossOriginIsolated).toBe(inject("isolated"));
  expect(typeof SharedArrayBuffer === "function").toBe(inject("isolated"));
});
