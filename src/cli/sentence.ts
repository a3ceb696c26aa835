// Which errors are a message to the person at the keyboard. Every other error is a bug.
import { FormatError, UnsupportedError, UsageError } from "../errors.ts";

/** What to tell the person; undefined for a bug. */
export function sentenceOf(error: unknown): string | undefined {
  const told = [UsageError, FormatError, UnsupportedError].some((own) => error instanceof own) || isSystemError(error);
  return told ? (error as Error).message : undefined;
}

/** What the operating system refuses: no permission, a full disk. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}
