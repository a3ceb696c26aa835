// Every error that cria throws on purpose is one of these five. A message says what was given, what was expected and what to do.

/** The caller asked for something that cannot be: a wrong option, a prompt longer than the context, a missing file. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** A file is not what it claims to be. The message names the file, the place (byte offset where there is one) and what stands there. */
export class FormatError extends Error {
  override name = "FormatError";
}

/** Tensor shapes that do not go together: a programming error of whoever wrote the model function. */
export class ShapeError extends Error {
  override name = "ShapeError";
}

/** A well-formed request for something that cria, or this backend, does not do. */
export class UnsupportedError extends Error {
  override name = "UnsupportedError";
}

/** A broken promise inside cria itself: always a bug, worth a report. */
export class InternalError extends Error {
  override name = "InternalError";
}

/** What to tell the person at the keyboard; undefined for a bug. */
export function sentenceOf(error: unknown): string | undefined {
  const told = [UsageError, FormatError, UnsupportedError].some((own) => error instanceof own) || isSystemError(error);
  return told ? (error as Error).message : undefined;
}

/** What the operating system refuses: no permission, a full disk. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}
