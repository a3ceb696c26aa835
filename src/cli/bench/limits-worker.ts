// One thread of a measurement: calls a loop over and over, and counts the calls in each of some windows of time that all threads share.
import { parentPort, workerData } from "node:worker_threads";

export interface LoopRequest {
  readonly module: Uint8Array<ArrayBuffer>;
  /** Of the module's memory: the loop goes through it, slice by slice. */
  readonly memoryBytes: number;
  readonly slice: number;
  readonly windowMilliseconds: number;
  readonly windows: number;
  /** When the first window begins, as Date.now() counts; until then the loop warms up. */
  readonly firstWindow: number;
}

export interface LoopReport {
  /** One for each window. */
  readonly callsPerSecond: readonly number[];
}

const { module, memoryBytes, slice, windowMilliseconds, windows, firstWindow } = workerData as LoopRequest;
const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module));
const { memory, loop } = exports as { memory: WebAssembly.Memory; loop: (address: number, count: number) => number };
new Uint8Array(memory.buffer).fill(1); // pages that nobody wrote are all the same page of zeros

let address = 0;
function callsUntil(end: number): number {
  let calls = 0;
  for (; Date.now() < end; calls++) {
    loop(address, slice);
    address = address + 2 * slice > memoryBytes ? 0 : address + slice;
  }
  return calls;
}

callsUntil(firstWindow);
const callsPerSecond: number[] = [];
for (let i = 1; i <= windows; i++) callsPerSecond.push((callsUntil(firstWindow + i * windowMilliseconds) * 1000) / windowMilliseconds);
parentPort!.postMessage({ callsPerSecond } satisfies LoopReport);
