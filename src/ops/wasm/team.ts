// The threads. Each has an instance of the module in every memory; they run the same recorded commands, each its part, and meet at barriers inside
// the kernels (kernels/run.ts). The thread that records is one of them.
import { InternalError, UsageError } from "../../errors.ts";
import type { KernelBuild } from "./build.ts";
import { isNode } from "./threads.ts";

/** Words of a room's control block, which kernels/run.ts explains; commands begin behind it. */
export const CONTROL_BYTES = 64;

/** What a worker is told in place of the number of a memory. */
const MAIL = -1; // look at your messages
const QUIT = -2;
/** The control word in which workers count what mail they have taken, and the one in which a worker says that it has failed. */
const MAIL_TAKEN = 7;
const FAILED = 8;
/** The one that says where a job's commands begin. */
const FROM = 9;
/** Sleeps of 20 ms after which a thread that does not answer is taken for lost. */
export const LOST_AFTER = 3000;

export interface TeamRoom {
  readonly memory: WebAssembly.Memory;
  readonly control: number;
  readonly quads: { readonly narrow: boolean; readonly wide: boolean };
}

/** How long to wait for other threads: 20 ms, or until they are there. */
export type Patience = "short" | "long";

/** Commands of a memory, between two addresses in it. */
export interface Job {
  readonly room: number;
  readonly from: number;
  readonly end: number;
  /** @returns whether they have run */
  finish(patience: Patience): boolean;
}

export interface Team {
  /** Threads that compute, the recording one included. */
  readonly threads: number;
  /** Gives all workers an instance in one more memory. */
  enter(room: TeamRoom): void;
  /** Lets the workers run a job, when they have run the last one. @returns false when that one lets wait for it: call again */
  start(job: Job, patience: Patience): boolean;
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
let words;
let seen = 0;
const work = () => {
  for (;;) {
    seen = rooms[0].awaitJob(seen);
    const what = words[1], end = words[2] >>> 0;
    if (what === ${MAIL}) {
      Atomics.add(words, ${MAIL_TAKEN}, 1);
      return void Atomics.notify(words, ${MAIL_TAKEN});
    }
    if (what === ${QUIT}) return port.close();
    rooms[what].rewind(words[${FROM}] >>> 0);
    rooms[what].run(end, 1);
  }
};
const enter = ({ module, turbo, memory, control, quads, thread, threads }) => {
  const kernels = new WebAssembly.Instance(module, { env: { memory, abort() {} } }).exports;
  kernels.join(thread, threads);
  kernels.begin(control);
  kernels.useQuads(quads.narrow, quads.wide);
  kernels.useJoinedVectors(turbo);
  rooms.push(kernels);
  if (rooms.length === 1) {
    words = new Int32Array(memory.buffer, control, 16);
    port.postMessage("ready");
  }
  work();
};
const take = (message) => {
  try {
    enter(message);
  } catch (error) {
    if (words) Atomics.store(words, ${FAILED}, 1); // the recording thread may be waiting, and hear of no event
    throw error;
  }
};
if (port.on) port.on("message", take);
else port.onmessage = (event) => take(event.data);
`;

/**
 * @param first the first memory; workers without one would have nothing to wait at
 * @throws UsageError where workers cannot start; none is left then
 */
export async function createTeam(
  build: KernelBuild,
  threads: number,
  first: TeamRoom,
  giveJob: (what: number, end: number) => void,
): Promise<Team> {
  const words = new Int32Array(first.memory.buffer, first.control, CONTROL_BYTES / 4);
  const stopped = (reason: string): Error =>
    new InternalError(`a worker thread of the wasm backend has stopped (${reason}): load the model again`);
  const helpers: Helper[] = [];
  let finishLast: Job["finish"] = () => true;
  let problem: Error | undefined;
  let leaving: Promise<void> | undefined;
  const leave = (): Promise<void> => {
    leaving ??= (async () => {
      problem ??= new UsageError("this wasm backend was disposed of: create another one");
      if (helpers.length > 0) giveJob(QUIT, 0);
      await Promise.all(helpers.map((helper) => helper.stop()));
    })();
    return leaving;
  };
  /** One that has gone leaves the others waiting for it: they go, too. */
  const fail = (reason: string): void => {
    problem ??= stopped(reason);
    if (helpers.length > 0) void leave();
  };
  const invitation = (i: number, { memory, control, quads }: TeamRoom): unknown => {
    return { module: build.module, turbo: build.turbo, memory, control, quads, thread: i + 1, threads };
  };
  const start = isNode() ? startInNode : startInBrowser;
  const starts = await Promise.allSettled(Array.from({ length: threads - 1 }, (_, i) => start(invitation(i, first), fail)));
  helpers.push(...starts.flatMap((each) => (each.status === "fulfilled" ? [each.value] : [])));
  const failed = starts.find((each) => each.status === "rejected");
  if (failed) {
    await leave();
    throw new UsageError(
      `threads is ${threads}, and a worker does not start (${failed.reason.message}): ask for fewer, or leave \`threads\` out (a page's Content-Security-Policy has to allow "worker-src blob:")`,
    );
  }

  return {
    threads,
    enter(room) {
      if (helpers.length === 0) return;
      finishLast("long");
      const taken = Atomics.load(words, MAIL_TAKEN) + helpers.length;
      giveJob(MAIL, 0);
      // The next job may come only when all have seen this one.
      for (let sleeps = 0; ; sleeps++) {
        const now = Atomics.load(words, MAIL_TAKEN);
        if (now === taken) break;
        if (sleeps > LOST_AFTER) throw stopped("it does not answer");
        Atomics.wait(words, MAIL_TAKEN, now, 20);
      }
      for (const [i, helper] of helpers.entries()) helper.post(invitation(i, room));
    },
    start({ room, from, end, finish }, patience) {
      if (helpers.length === 0) return true;
      // A job that is given before all have seen the last one hides it.
      if (!finishLast(patience)) return false;
      finishLast = finish;
      Atomics.store(words, FROM, from);
      giveJob(room, end);
      return true;
    },
    problem: () => problem ?? (Atomics.load(words, FAILED) ? stopped("it failed") : undefined),
    leave,
  };
}

/**
 * Starts a worker.
 *
 * @param first its first message, which it answers
 * @param onEnd told why it has gone, unless it was stopped
 * @throws why it did not start
 */
type StartHelper = (first: unknown, onEnd: (reason: string) => void) => Promise<Helper>;

const startInNode: StartHelper = async (first, onEnd) => {
  const { Worker } = process.getBuiltinModule("node:worker_threads");
  // Without the flags of this process: --input-type would make a module of the source.
  const worker = new Worker(workerSource, { eval: true, execArgv: [], name: "cria" });
  return new Promise((resolve, reject) => {
    const end = (reason: string): void => {
      reject(new Error(reason));
      onEnd(reason);
    };
    worker.on("error", (error) => end(String(error)));
    worker.on("exit", (code) => end(`exit code ${code}`));
    worker.on("message", () => {
      worker.unref(); // idle threads keep no process alive
      resolve({ post: (message) => worker.postMessage(message), stop: async () => void (await worker.terminate()) });
    });
    worker.postMessage(first);
  });
};

const startInBrowser: StartHelper = async (first, onEnd) => {
  const url = URL.createObjectURL(new Blob([workerSource], { type: "text/javascript" }));
  try {
    const worker = new Worker(url);
    return await new Promise((resolve, reject) => {
      worker.onerror = ({ message = "its script was refused" }) => {
        reject(new Error(message));
        onEnd(message);
      };
      worker.onmessage = () => resolve({ post: (message) => worker.postMessage(message), stop: async () => worker.terminate() });
      worker.postMessage(first);
    });
  } finally {
    URL.revokeObjectURL(url);
  }
};
