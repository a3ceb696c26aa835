// POST /api/generate: from its body to what is asked of the model.
import * as v from "valibot";
import type { AnswerRequest, Prompt } from "../../chat/answer.ts";
import { tokenIds } from "../lists.ts";
import { ParameterError, parseRequest } from "../request.ts";
import { keepAliveSeconds } from "./keep-alive.ts";
import { type Asked, answerEntries, answerOptions, askedIn, noImages } from "./schemas.ts";

const generateSchema = v.object({
  ...answerEntries,
  prompt: v.nullish(v.string()),
  system: v.nullish(v.string()),
  suffix: v.nullish(v.string()),
  template: v.nullish(v.string()),
  context: v.nullish(tokenIds()),
  raw: v.nullish(v.boolean()),
  images: noImages,
});

export interface OllamaGenerateRequest extends Asked {
  /** Undefined where there is no prompt: then the model is only loaded, or let go of. A model without a chat template reads the text as it is. */
  readonly request: ((hasTemplate: boolean) => AnswerRequest) | undefined;
}

/** @throws ParameterError */
export function readOllamaGenerate(body: unknown): OllamaGenerateRequest {
  const given = parseRequest(generateSchema, body);
  const { model, prompt, system, suffix, template, context, raw } = given;
  if (suffix) throw new ParameterError(`${model} does not support insert: leave suffix out`, "suffix");
  if (template) {
    throw new ParameterError(
      "template is in Go's language, and the model has its own in Jinja: leave it out, or send raw: true",
      "template",
    );
  }
  if (raw && (system || context?.length)) {
    throw new ParameterError("raw mode does not support template, system, or context", system ? "system" : "context");
  }
  const asked = askedIn(given, keepAliveSeconds(given.keep_alive));
  if (!prompt) return { ...asked, request: undefined };
  return {
    ...asked,
    request: (hasTemplate) => ({
      prompt: raw ? { text: prompt, parseSpecial: true } : promptOf(prompt, system ?? undefined, asked.think, hasTemplate),
      ...(context?.length ? { before: context } : {}),
      tellIds: !raw,
      options: answerOptions(given),
    }),
  };
}

function promptOf(prompt: string, system: string | undefined, think: boolean | undefined, hasTemplate: boolean): Prompt {
  if (!hasTemplate) return { text: system === undefined ? prompt : `${system}\n\n${prompt}` };
  return {
    messages: [...(system === undefined ? [] : [{ role: "system", content: system }]), { role: "user", content: prompt }],
    ...(think === undefined ? {} : { reasoning: think }),
  };
}
