// What tests in pages are given by the side that can read files; inject() finds it there. Models are URLs on the server that sends the pages.
import type { ProvidedContext } from "vitest";
import { goldenPath, readGolden, sharedPath } from "../goldens.ts";
import { bundledApp, guardedApp } from "./bundle.ts";

export interface JudgedModel {
  path: string;
  url: string;
  answers: JudgedAnswer[];
}

/** What follows a prompt when the likeliest token is taken each time. */
export interface JudgedAnswer {
  prompt: string | number[] | { role: string; content: string }[];
  /** As PyTorch gives them: the first few, or all. */
  ids: number[];
}

declare module "vitest" {
  interface ProvidedContext {
    /** Whether the pages come with the headers of cross-origin isolation. */
    isolated: boolean;
    /** The bundled app.ts. */
    app: string;
    /** The same, whose Worker may not start Workers from blob: URLs. */
    guardedApp: string;
    /** A GGUF file. */
    tiny: JudgedModel;
    /** A folder with safetensors. */
    folder: JudgedModel;
    smollm2: JudgedModel | undefined;
  }
}

export function provided(isolated: boolean): ProvidedContext {
  const ggufs = readGolden("quant/models/expected.json").cases;
  const { prompt, greedy } = ggufs.find(({ files }: { files: string[] }) => files.includes("tiny64-F32.gguf"));
  const llama32 = readGolden("models/llama32/golden.json").greedy;
  const smollm2 = sharedPath("models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf");
  return {
    isolated,
    app: bundledApp,
    guardedApp,
    tiny: judged(goldenPath("quant/models/tiny64-F32.gguf")!, [{ prompt, ids: greedy }]),
    folder: judged(`${goldenPath("models/llama32")}/`, [{ prompt: llama32.prompt, ids: llama32.ids }]),
    smollm2:
      smollm2 && goldenPath("smollm2/golden.json") ? judged(smollm2, firstTokens(readGolden("smollm2/golden.json").cases)) : undefined,
  };
}

/** One text and one conversation; the rest is for Node's tests, which have more time. */
function firstTokens(
  cases: { kind: string; text: string; messages?: JudgedAnswer["prompt"]; greedy: { ids: number[] } }[],
): JudgedAnswer[] {
  return ["completion", "chat"].map((wanted) => {
    const { text, messages, greedy } = cases.find(({ kind }) => kind === wanted)!;
    return { prompt: messages ?? text, ids: greedy.ids.slice(0, 16) };
  });
}

/** Vite sends files by their whole path. */
function judged(path: string, answers: JudgedAnswer[]): JudgedModel {
  return { path, url: `/@fs/${encodeURI(path.replaceAll("\\", "/").replace(/^\//, ""))}`, answers };
}
