// Places that owners take turns for: whoever asks for a hundred at once waits behind whoever asks for one. Nothing of what is done in a place is here.
import { UsageError } from "../errors.ts";

export interface FairQueueOptions {
  /** Places. */
  readonly slots: number;
  /** Most requests that wait for one. */
  readonly waiting: number;
  /** Most places that an owner has at a time, from 1 on; all of them by default. */
  readonly mostPerOwner?: (owner: string) => number;
}

export interface EnterOptions {
  /** Leaves the queue. Of no effect once there is a place. */
  readonly signal?: AbortSignal;
  /** Waits even where nobody may wait any more: for a further part of something that has begun. */
  readonly begun?: boolean;
}

export interface FairQueue {
  /**
   * Waits for a place: owners in turn, and of one owner the request that came first.
   *
   * @returns gives the place back; idempotent
   * @throws QueueFullError at once where nobody may wait any more, or the reason of the signal
   */
  enter(owner: string, options?: EnterOptions): Promise<() => void>;
  counts(): QueueCounts;
}

export interface QueueCount {
  readonly running: number;
  readonly waiting: number;
}

export interface QueueCounts extends QueueCount {
  /** Of all that have a place or wait for one. */
  readonly perOwner: ReadonlyMap<string, QueueCount>;
}

/** As many wait as may. Another time there may be room. */
export class QueueFullError extends UsageError {
  override name = "QueueFullError";
  readonly waiting: number;
  /** There are places, but not for this owner, which has as many as it may. */
  readonly own: boolean;
  constructor(waiting: number, own: boolean) {
    const taken = own ? "all places that one caller may have are taken" : "all places are taken";
    super(`${taken}, and ${waiting === 1 ? "1 request waits" : `${waiting} requests wait`} for one, which is the most: try again later`);
    this.waiting = waiting;
    this.own = own;
  }
}

interface Owner {
  readonly name: string;
  running: number;
  /** In the order in which they came. */
  readonly waiting: Set<Waiter>;
}

interface Waiter {
  /** Says that there is a place. */
  start(): void;
}

/** @throws UsageError for places or most that wait that are no counts */
export function createFairQueue({ slots, waiting: room, mostPerOwner = () => slots }: FairQueueOptions): FairQueue {
  checkCount("slots", slots, 1);
  checkCount("waiting", room, 0);
  /** Those that have or want something. Whose turn is next stands first. */
  const owners = new Map<string, Owner>();
  let running = 0;
  let waiting = 0;

  const hasPlace = ({ name, running: own }: Owner): boolean => running < slots && own < mostPerOwner(name);

  const forget = (owner: Owner): void => {
    if (owner.running === 0 && owner.waiting.size === 0) owners.delete(owner.name);
  };

  /** @returns gives it back */
  const take = (owner: Owner): (() => void) => {
    running++;
    owner.running++;
    // The turn is the next one's.
    owners.delete(owner.name);
    owners.set(owner.name, owner);
    let taken = true;
    return () => {
      if (!taken) return;
      taken = false;
      running--;
      owner.running--;
      forget(owner);
      fill();
    };
  };

  /** Gives places to those that wait, as long as there are any for them. */
  const fill = (): void => {
    for (;;) {
      const owner = Array.from(owners.values()).find((each) => each.waiting.size > 0 && hasPlace(each));
      if (!owner) return;
      const [waiter] = owner.waiting;
      waiter.start();
    }
  };

  const wait = (owner: Owner, { signal }: EnterOptions): Promise<() => void> =>
    new Promise((resolve, reject) => {
      const leave = (): void => {
        owner.waiting.delete(waiter);
        waiting--;
        signal?.removeEventListener("abort", onAbort);
      };
      const giveUp = (reason: unknown): void => {
        leave();
        forget(owner);
        reject(reason);
      };
      const onAbort = (): void => giveUp(signal!.reason);
      const waiter: Waiter = {
        start() {
          leave();
          resolve(take(owner));
        },
      };
      signal?.addEventListener("abort", onAbort);
      owner.waiting.add(waiter);
      waiting++;
    });

  return {
    async enter(name, options = {}) {
      options.signal?.throwIfAborted();
      const owner = owners.get(name) ?? { name, running: 0, waiting: new Set() };
      // Nobody is overtaken: a place stays free only while all that wait have as many as they may.
      if (owner.waiting.size === 0 && hasPlace(owner)) return take(owner);
      if (waiting >= room && !options.begun) throw new QueueFullError(waiting, running < slots);
      owners.set(name, owner);
      return wait(owner, options);
    },

    counts: () => ({
      running,
      waiting,
      perOwner: new Map(Array.from(owners.values(), ({ name, running, waiting }) => [name, { running, waiting: waiting.size }])),
    }),
  };
}

function checkCount(name: string, count: number, least: number): void {
  if (Number.isSafeInteger(count) && count >= least) return;
  throw new UsageError(`${name} is ${count}, expected a whole number from ${least} on`);
}
