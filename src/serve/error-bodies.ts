// The shape of an error in each wire: clients make their exceptions of it.
import type { HonoRequest } from "hono";
import type { ErrorCode, HttpError } from "./http-error.ts";

/** Whose requests stand at a path. */
export type Wire = "openai" | "anthropic" | "ollama";

/** llama.cpp's own paths answer as OpenAI's do. At /v1/models Anthropic's clients are known by their header. */
export function wireOf(request: Pick<HonoRequest, "path" | "header">): Wire {
  const { path } = request;
  if (path === "/v1/messages" || path.startsWith("/v1/messages/")) return "anthropic";
  if (path.startsWith("/v1/models") && request.header("anthropic-version") !== undefined) return "anthropic";
  return path === "/api" || path.startsWith("/api/") ? "ollama" : "openai";
}

const anthropicTypes: Partial<Record<ErrorCode, string>> = {
  invalid_api_key: "authentication_error",
  forbidden: "permission_error",
  not_found: "not_found_error",
  model_not_found: "not_found_error",
  request_too_large: "request_too_large",
  rate_limit_exceeded: "rate_limit_error",
  timeout: "timeout_error",
  overloaded: "overloaded_error",
  internal: "api_error",
};

/** Anthropic's own status for "come back later". */
export function statusIn(wire: Wire, { status, code }: HttpError): number {
  return wire === "anthropic" && code === "overloaded" ? 529 : status;
}

/** @param requestId Anthropic's clients tell it to their users */
export function errorBody(wire: Wire, error: HttpError, requestId?: string): object {
  const { message, code, parameter, status } = error;
  switch (wire) {
    case "openai":
      return { error: { message, type: openAiType(error), param: parameter ?? null, code: openAiCode(code) } };
    case "anthropic": {
      const type = anthropicTypes[code] ?? (status >= 500 ? "api_error" : "invalid_request_error");
      return { type: "error", error: { type, message: anthropicMessage(error) }, request_id: requestId ?? null };
    }
    case "ollama":
      return { error: code === "model_not_found" ? `model not found: ${message}` : message };
  }
}

/** Programs look for these words to know that a conversation has to become shorter. */
function anthropicMessage({ code, message }: HttpError): string {
  return code === "context_length_exceeded" ? `prompt is too long: ${message}` : message;
}

function openAiType({ status, code }: HttpError): string {
  if (code === "rate_limit_exceeded") return "rate_limit_error";
  return status >= 500 ? "server_error" : "invalid_request_error";
}

function openAiCode(code: ErrorCode): string | null {
  return code === "invalid_request" || code === "internal" ? null : code;
}
