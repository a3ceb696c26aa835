// A mistyped field of a request is a mistake, not a default: callers without a type checker get a sentence.
import { UsageError } from "../errors.ts";
import { generateOptionNames } from "../generate/generate.ts";
import { checkOptionNames } from "../generate/option-names.ts";
import type { AnswerRequest, ChatPrompt, TextPrompt } from "./answer.ts";

const requestNames: Record<keyof AnswerRequest, true> = { prompt: true, before: true, tellIds: true, options: true };

const chatNames: Record<keyof ChatPrompt, true> = {
  messages: true,
  tools: true,
  toolChoice: true,
  parallelToolCalls: true,
  reasoning: true,
  opening: true,
  variables: true,
};
const textNames: Record<keyof TextPrompt, true> = { text: true, parseSpecial: true };

/** @throws UsageError */
export function checkRequest(request: AnswerRequest, signal: AbortSignal | undefined): void {
  if (signal !== undefined && typeof signal?.throwIfAborted !== "function") {
    throw new UsageError("answer was given something else than a signal behind the request: options are a part of it, { prompt, options }");
  }
  const { prompt } = request ?? {};
  if (typeof prompt !== "object" || prompt === null) {
    throw new UsageError("the request has no prompt: expected { prompt: { messages } }, { prompt: { text } } or { prompt: { ids } }");
  }
  const astray = Object.keys(request).find((name) => Object.hasOwn(generateOptionNames, name));
  if (astray) throw new UsageError(`"${astray}" was given beside the prompt: it is one of the options, { prompt, options: { ${astray} } }`);
  checkOptionNames(request, requestNames);
  if ("messages" in prompt) checkOptionNames(prompt, chatNames);
  else if ("text" in prompt) checkOptionNames(prompt, textNames);
  else checkOptionNames(prompt, { ids: true });
}
