// What becomes of those who ask when the thread of a model cannot go on.
import { expect, it } from "vitest";
import { startModel } from "./served-model.ts";

it("a thread that does not start is an error to who asked for it, and to nobody else", async () => {
  // Beside the source there is no model-thread.js: the thread ends with an error event, which nothing else may have to hear.
  await expect(startModel({ place: "none.gguf", options: {} })).rejects.toThrow(/model-thread/);
  await new Promise((resolve) => setTimeout(resolve, 50));
});
