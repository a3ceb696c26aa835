// What goes wrong with a request, as HTTP tells it: each wire gives these its own shape.
import { TemplateRefusal } from "../chat/index.ts";
import { FormatError, UnsupportedError, UsageError } from "../errors.ts";
import { ConnectionLost } from "../formats/connection.ts";
import { QueueFullError } from "../generate/fair-queue.ts";
import { ContextLengthError } from "../generate/generate.ts";
import { BusyError } from "../hub/cache.ts";
import { DiskError } from "../hub/environment.ts";
import { ParameterError } from "../wires/request.ts";

export type Status = 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 429 | 500 | 501 | 502 | 503 | 504 | 507;

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
  | "conflict"
  | "hub"
  | "disk"
  | "overloaded"
  | "internal";

/** Letters of a message: it may repeat a name that the request gave, of any length. */
const LONGEST = 10_000;

/** An answer to a request that is an error. */
export class HttpError extends Error {
  override name = "HttpError";
  readonly status: Status;
  readonly code: ErrorCode;
  /** The parameter that is wrong. */
  readonly parameter: string | undefined;
  /** The same for logs; see ParameterError. */
  readonly loggedParameter: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  constructor(
    status: Status,
    code: ErrorCode,
    message: string,
    {
      parameter,
      loggedParameter = parameter,
      headers = {},
    }: { parameter?: string; loggedParameter?: string; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message.length <= LONGEST ? message : `${message.slice(0, LONGEST)}...`);
    this.status = status;
    this.code = code;
    this.parameter = parameter;
    this.loggedParameter = loggedParameter;
    this.headers = headers;
  }
}

/** Whatever was thrown. What is not the caller's mistake is told to the log, and to the caller without details. */
export function httpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  if (error instanceof ParameterError) {
    const { message, parameter, logged } = error;
    return new HttpError(400, "invalid_request", message, { parameter, loggedParameter: logged });
  }
  if (error instanceof ContextLengthError) return new HttpError(400, "context_length_exceeded", error.message);
  if (error instanceof TemplateRefusal) return new HttpError(400, "invalid_request", `the model's chat template refuses: ${error.message}`);
  // Load balancers try another server then; a key's own limits are 429.
  if (error instanceof QueueFullError) {
    const [status, code] = error.own ? ([429, "rate_limit_exceeded"] as const) : ([503, "overloaded"] as const);
    return new HttpError(status, code, error.message, { headers: { "Retry-After": "2" } });
  }
  // Where things lie on this machine is nobody's business.
  if (error instanceof DiskError) return new HttpError(error.full ? 507 : 500, "disk", error.reason);
  if (error instanceof BusyError) return new HttpError(409, "conflict", "this model is being pulled or deleted now: wait for that");
  if (error instanceof UsageError && error.cause instanceof ConnectionLost) return new HttpError(502, "hub", error.message);
  if (error instanceof UsageError) return new HttpError(400, "invalid_request", error.message);
  if (error instanceof UnsupportedError) return new HttpError(501, "unsupported", error.message);
  if (error instanceof FormatError) return new HttpError(500, "internal", "the model's file is damaged: the log of the server has more");
  return new HttpError(500, "internal", "something went wrong in the server: its log has more");
}
