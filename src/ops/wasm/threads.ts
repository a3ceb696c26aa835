// How many threads this place gives.

/** One for each core; 1 where memory cannot be shared, or where waiting is not allowed (the main thread of a page). */
export function defaultThreads(): number {
  if (!canShare()) return 1;
  return globalThis.navigator?.hardwareConcurrency ?? nodeCores();
}

/** Whether threads can share a memory here and this one may wait for the others. */
export function canShare(): boolean {
  if (typeof SharedArrayBuffer !== "function") return false;
  if (typeof process === "object" && process.versions?.node) return true;
  return globalThis.crossOriginIsolated && typeof document === "undefined";
}

/** Node 20 has no `navigator`. */
function nodeCores(): number {
  const os = process.getBuiltinModule("node:os"); // there, and synchronous
  return os.availableParallelism();
}
