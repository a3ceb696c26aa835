// What goes wrong with a request, as HTTP tells it: each wire gives these its own shape.
import { TemplateRefusal } from "../chat/index.ts";
import { FormatError, UnsupportedError, UsageError } from "../errors.ts";
import { QueueFullError } from "../generate/fair-queue.ts";
import { ContextLengthError } from "../generate/generate.ts";
import { ParameterError } from "../wires/request.ts";

export type Status = 400 | 401 | 403 | 404 | 405 | 413 | 415 | 429 | 500 | 501 | 503 | 504;

/** A word for programs; wires translate it. */
export type ErrorCode =
  | "invalid_request"
  | "context_length_exceeded"
  | "invalid_api_key"
  | "forbidden"
  | "not_found"
  | "model_not_found"
  | "method_not_allowed"
  | "request_too_large"
  | "rate_limit_exceeded"
  | "timeout"
  | "unsupported"
  | "overloaded"
  | "internal";

/** An answer to a request that is an error. */
export class HttpError extends Error {
  override name = "HttpError";
  readonly status: Status;
  readonly code: ErrorCode;
  /** The parameter that is wrong. */
  readonly parameter: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  constructor(
    status: Status,
    code: ErrorCode,
    message: string,
    { parameter, headers = {} }: { parameter?: string; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.parameter = parameter;
    this.headers = headers;
  }
}

/** Whatever was thrown. What is not the caller's mistake is told to the log, and to the caller without details. */
export function httpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  if (error instanceof ParameterError) return new HttpError(400, "invalid_request", error.message, { parameter: error.parameter });
  if (error instanceof ContextLengthError) return new HttpError(400, "context_length_exceeded", error.message);
  if (error instanceof TemplateRefusal) return new HttpError(400, "invalid_request", `the model's chat template refuses: ${error.message}`);
  // Load balancers try another server then; a key's own limits are 429.
  if (error instanceof QueueFullError) {
    const [status, code] = error.own ? ([429, "rate_limit_exceeded"] as const) : ([503, "overloaded"] as const);
    return new HttpError(status, code, error.message, { headers: { "Retry-After": "2" } });
  }
  if (error instanceof UsageError) return new HttpError(400, "invalid_request", error.message);
  if (error instanceof UnsupportedError) return new HttpError(501, "unsupported", error.message);
  if (error instanceof FormatError) return new HttpError(500, "internal", "the model's file is damaged: the log of the server has more");
  return new HttpError(500, "internal", "something went wrong in the server: its log has more");
}
