// The thinnest server around node-llama-cpp: POST /completion with ids streams one event a token, as llama.cpp's own server does. All requests run in one
// context, one sequence each, so that they are batched; what is more waits. Started by serve.mjs with its settings as JSON.
import { createServer } from "node:http";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { install } from "./node-llama-cpp.mjs";

const { model: modelPath, threads, contextLength, sequences } = JSON.parse(process.argv[2]);
const { getLlama } = await import(pathToFileURL(join(install(), "node_modules/node-llama-cpp/dist/index.js")));
const llama = await getLlama({ gpu: false, build: "never", logLevel: "error", maxThreads: 0 });
const model = await llama.loadModel({ modelPath });
const context = await model.createContext({ contextSize: contextLength, batchSize: 512, threads, sequences });
const free = Array.from({ length: sequences }, () => context.getSequence());
const waiting = [];

async function answer({ prompt, n_predict, seed, temperature, top_k, top_p, min_p }, response) {
  const sequence = free.pop() ?? (await new Promise((resolve) => waiting.push(resolve)));
  try {
    await sequence.clearHistory();
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    const options = { temperature, topK: top_k, topP: top_p, minP: min_p, seed, yieldEogToken: true };
    let count = 0;
    for await (const token of sequence.evaluate(prompt, options)) {
      response.write(`data: ${JSON.stringify({ content: model.detokenize([token]), stop: false })}\n\n`);
      if (++count === n_predict) break;
    }
    response.end(`data: ${JSON.stringify({ content: "", stop: true, tokens_predicted: count })}\n\n`);
  } finally {
    const next = waiting.shift();
    if (next) next(sequence);
    else free.push(sequence);
  }
}

const server = createServer((request, response) => {
  let body = "";
  request.setEncoding("utf8").on("data", (text) => (body += text));
  request.on("end", () => answer(JSON.parse(body), response));
});
server.listen(0, "127.0.0.1", () => console.error(`serves at http://127.0.0.1:${server.address().port} `));
