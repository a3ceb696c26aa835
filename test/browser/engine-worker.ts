// The engine where a page has it: in a Worker of its own. It answers one request at a time; "abort" may come in between.
import { type ChatMessage, type GenerateOptions, type Llama, type LoadOptions, load, type Piece } from "../../src/index.ts";

export type Request =
  | { kind: "load"; model: Blob | string; options?: LoadOptions }
  | { kind: "answer"; prompt: string | readonly number[] | readonly ChatMessage[]; options?: GenerateOptions }
  | { kind: "dispose" };

export type Reply = { kind: "piece"; piece: Piece } | { kind: "done" } | { kind: "failed"; name: string; message: string };

/** The last is the one that answers. Disposed ones stay, as a careless page would keep them: what they held must go all the same. */
const loaded: Llama[] = [];
let running = new AbortController();

addEventListener("message", ({ data }: MessageEvent<Request | { kind: "abort" }>) => {
  if (data.kind === "abort") running.abort();
  else
    carryOut(data).then(
      () => reply({ kind: "done" }),
      ({ name, message }: Error) => reply({ kind: "failed", name, message }),
    );
});

async function carryOut(request: Request): Promise<void> {
  const llama = loaded.at(-1);
  switch (request.kind) {
    case "load": {
      const { model, options } = request;
      loaded.push(await load(typeof model === "string" ? new URL(model) : model, options));
      return;
    }
    case "answer": {
      running = new AbortController();
      const { prompt } = request;
      const options = { ...request.options, signal: running.signal };
      for await (const piece of isConversation(prompt) ? llama!.chat(prompt, options) : llama!.generate(prompt, options)) {
        reply({ kind: "piece", piece });
      }
      return;
    }
    case "dispose":
      return llama?.dispose();
  }
}

function isConversation(prompt: Extract<Request, { kind: "answer" }>["prompt"]): prompt is readonly ChatMessage[] {
  return typeof prompt[0] === "object";
}

function reply(message: Reply): void {
  postMessage(message);
}
