// Ctrl-C and SIGTERM: the first one asks the command to stop and clean up, the second one ends the process. Commands that have nothing to clean
// up do not ask for the signal, and end at once as programs do.
import { constants } from "node:os";

type Name = "SIGINT" | "SIGTERM";

/** The reason of the aborted signal. */
export class Interrupted extends Error {
  /** As shells report a program that ended by this signal. */
  readonly exitCode: number;
  constructor(name: Name) {
    super(name === "SIGINT" ? "interrupted" : "terminated");
    this.exitCode = 128 + constants.signals[name];
  }
}

let controller: AbortController | undefined;
let instead: (() => void) | undefined;

/** Aborted by Ctrl-C and SIGTERM. */
export function interruption(): AbortSignal {
  if (!controller) {
    controller = new AbortController();
    process.on("SIGINT", onInterrupt);
    process.on("SIGTERM", onTerminate);
  }
  return controller.signal;
}

/** Runs `body`; until it is done, Ctrl-C calls `handler` and stops nothing else. */
export async function withInterrupt<R>(handler: () => void, body: () => Promise<R>): Promise<R> {
  interruption();
  instead = handler;
  try {
    return await body();
  } finally {
    instead = undefined;
  }
}

/** From here on both signals end the process at once: for long computations that hear nothing and leave nothing behind. */
export function endAtOnce(): void {
  process.off("SIGINT", onInterrupt);
  process.off("SIGTERM", onTerminate);
}

function onInterrupt(): void {
  if (instead) instead();
  else stop("SIGINT");
}

function onTerminate(): void {
  stop("SIGTERM");
}

function stop(name: Name): void {
  const reason = new Interrupted(name);
  if (controller!.signal.aborted) process.exit(reason.exitCode);
  controller!.abort(reason);
}
