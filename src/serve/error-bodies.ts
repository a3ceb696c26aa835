// The shape of an error in each wire: clients make their exceptions of it.
import type { ErrorCode, HttpError } from "./http-error.ts";

/** Whose requests stand at a path. */
export type Wire = "openai" | "anthropic" | "ollama";

/** llama.cpp's own paths answer as OpenAI's do. */
export function wireOf(path: string): Wire {
  if (path === "/v1/messages" || path.startsWith("/v1/messages/")) return "anthropic";
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

export function errorBody(wire: Wire, error: HttpError): object {
  const { message, code, parameter, status } = error;
  switch (wire) {
    case "openai":
      return { error: { message, type: openAiType(error), param: parameter ?? null, code: openAiCode(code) } };
    case "anthropic":
      return { type: "error", error: { type: anthropicTypes[code] ?? (status >= 500 ? "api_error" : "invalid_request_error"), message } };
    case "ollama":
      return { error: message };
  }
}

function openAiType({ status, code }: HttpError): string {
  if (code === "rate_limit_exceeded") return "rate_limit_error";
  return status >= 500 ? "server_error" : "invalid_request_error";
}

function openAiCode(code: ErrorCode): string | null {
  return code === "invalid_request" || code === "internal" ? null : code;
}
