// The threads. Each has an instance of the module in every memory; they run the same recorded commands, each its part, and meet at barriers inside
// the kernels (kernels/run.ts). The thread that records is one of them.
import { InternalError } from "../../errors.ts";
import type { KernelBuild } from "./build.ts";

/** Words of a room's control block, which kernels/run.ts explains; commands begin behind it. */
export const CONTROL_BYTES = 64;

/** What a worker is told in place of the number of a memory. */
const MAIL = -1; // look at your messages
const QUIT = -2;
/** The control word in which workers count what mail they have taken. */
const MAIL_TAKEN = 7;

export interface TeamRoom {
  readonly memory: WebAssembly.Memory;
  readonly control: number;
  readonly quads: { readonly narrow: boolean; readonly wide: boolean };
}

export interface Team {
  /** Threads that compute, the recording one included. */
  readonly threads: number;
  /** Gives all workers an instance in one more memory. */
  enter(room: TeamRoom): void;
  /** Lets the workers run the commands of a memory. */
  start(room: number, end: number): void;
  /** Why no job can end any more: a worker has gone. */
  problem(): Error | undefined;
  /** Ends the workers. Idempotent. */
  leave(): Promise<void>;
}

/** Worker threads of Node and of browsers, as far as they are alike. */
interface Helper {
  post(message: unknown): void;
  stop(): Promise<void>;
}

/** Runs in every worker. Plain JavaScript in a string: no bundler has to find a file, and a page needs no second download. */
const workerSource = `
const port = typeof require === "function" ? require("node:worker_threads").parentPort : self;
const rooms = [];
let words, seen;
const work = () => {
  for (;;) {
    seen = rooms[0].kernels.awaitJob(seen);
    const what = words[1], end = words[2] >>> 0;
    if (what === ${MAIL}) return void Atomics.add(words, ${MAIL_TAKEN}, 1);
    if (what === ${QUIT}) return port.close();
    rooms[what].kernels.rewind(rooms[what].control + ${CONTROL_BYTES});
    rooms[what].kernels.run(end, 1);
  }
};
const enter = ({ module, memory, control, quads, thread, threads, job }) => {
  const kernels = new WebAssembly.Instance(module, { env: { memory, abort() {} } }).exports;
  kernels.join(thread, threads);
  kernels.begin(control);
  kernels.useQuads(quads.narrow, quads.wide);
  rooms.push({ kernels, control });
  if (rooms.length === 1) {
    words = new Int32Array(memory.buffer, control, 16);
    seen = job;
    port.postMessage("ready");
  }
  work();
};
if (port.on) port.on("message", enter);
else port.onmessage = (event) => enter(event.data);
`;

/** @param first the first memory; workers without one would have nothing to wait at */
export async function createTeam(
  build: KernelBuild,
  threads: number,
  first: TeamRoom,
  giveJob: (what: number, end: number) => void,
): Promise<Team> {
  let problem: Error | undefined;
  let left = false;
  const fail = (reason: string): void => {
    if (!left) problem ??= new InternalError(`a worker thread of the wasm backend has stopped (${reason}): load the model again`);
  };
  const join = (helper: Helper, i: number, { memory, control, quads }: TeamRoom, job: number): void =>
    helper.post({ module: build.module, memory, control, quads, thread: i + 1, threads, job });
  const helpers = await Promise.all(
    Array.from({ length: threads - 1 }, async (_, i) => {
      let ready = (): void => {};
      const started = new Promise<void>((resolve) => (ready = resolve));
      const helper = await startHelper(
        () => ready(),
        (reason) => {
          fail(reason);
          ready();
        },
      );
      join(helper, i, first, 0);
      await started;
      return helper;
    }),
  );
  if (problem) throw problem;

  return {
    threads,
    enter(room) {
      if (helpers.length === 0) return;
      const words = new Int32Array(first.memory.buffer, first.control, CONTROL_BYTES / 4);
      const taken = Atomics.load(words, MAIL_TAKEN);
      giveJob(MAIL, 0);
      // The next job may come only when all have seen this one.
      while (!problem && Atomics.load(words, MAIL_TAKEN) < taken + helpers.length);
      for (const [i, helper] of helpers.entries()) join(helper, i, room, 0);
    },
    start(room, end) {
      if (helpers.length > 0) giveJob(room, end);
    },
    problem: () => problem,
    async leave() {
      if (left) return;
      left = true;
      if (helpers.length > 0) giveJob(QUIT, 0);
      await Promise.all(helpers.map((helper) => helper.stop()));
    },
  };
}

async function startHelper(onReady: () => void, onEnd: (reason: string) => void): Promise<Helper> {
  if (typeof process === "object" && process.versions?.node) {
    const { Worker } = await import("node:worker_threads");
    // Without the flags of this process: --input-type would make a module of the source.
    const worker = new Worker(workerSource, { eval: true, execArgv: [], name: "cria" });
    worker.on("message", () => {
      worker.unref(); // idle threads keep no process alive
      onReady();
    });
    worker.on("error", (error) => onEnd(String(error)));
    worker.on("exit", (code) => onEnd(`exit code ${code}`));
    return { post: (message) => worker.postMessage(message), stop: async () => void (await worker.terminate()) };
  }
  const url = URL.createObjectURL(new Blob([workerSource], { type: "text/javascript" }));
  const worker = new Worker(url);
  worker.onmessage = () => {
    URL.revokeObjectURL(url);
    onReady();
  };
  worker.onerror = (event) => onEnd(event.message ?? "it could not start");
  return { post: (message) => worker.postMessage(message), stop: async () => worker.terminate() };
}
