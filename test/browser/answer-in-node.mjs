// Loads a model from the built package, answers one prompt and prints the pieces, for commands.ts.
import { load } from "cria";

const { model, options, prompt, maxTokens } = JSON.parse(process.argv[2]);
const llama = await load(model, { ...options, relaxedSimd: true });
const answer = { temperature: 0, maxTokens, ignoreEos: true, logprobs: 0 };
const pieces = [];
for await (const piece of typeof prompt === "string" ? llama.generate(prompt, answer) : llama.chat(prompt, answer)) pieces.push(piece);
console.log(JSON.stringify(pieces));
await llama.dispose();
