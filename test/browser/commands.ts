// What tests in pages ask of the side that drives the browser.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type {} from "@vitest/browser-playwright"; // gives the context its page
import type { BrowserCommandContext } from "vitest/node";
import type { LoadOptions, Piece } from "../../src/index.ts";

declare module "vitest/browser" {
  interface BrowserCommands {
    helpers(): Promise<number>;
    answerInNode(request: NodeRequest): Promise<Piece[]>;
  }
}

export interface NodeRequest {
  /** A path. */
  model: string;
  options?: LoadOptions;
  /** A text or a conversation. */
  prompt: unknown;
  maxTokens: number;
}

/** Workers of the page, in Workers or not, whose script comes from no server: the threads that engines have started. */
export async function helpers({ page }: BrowserCommandContext): Promise<number> {
  return page.workers().filter((worker) => worker.url().startsWith("blob:")).length;
}

/** The likeliest tokens with their log-probabilities, as the library gives them in Node, in a process of its own: flags of V8 are for a whole process. */
export async function answerInNode(_: BrowserCommandContext, request: NodeRequest): Promise<Piece[]> {
  const script = fileURLToPath(new URL("answer-in-node.mjs", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(request)]);
  return JSON.parse(stdout);
}
