// How many requests each caller may send in a minute: a bucket that fills evenly (leaky bucket as a meter: ITU-T I.371), so that a caller may send a minute's
// worth at once and has to wait then, and no border between two minutes lets twice as many through.

export interface RateLimit {
  /** Counts one request. @returns 0, or the seconds after which there is room for it: then it does not count */
  take(owner: string): number;
  /** The request that was counted last was not served. */
  giveBack(owner: string): void;
}

/**
 * @param perMinute at least 1
 * @param now       milliseconds
 */
export function createRateLimit(perMinute: number, now: () => number = Date.now): RateLimit {
  /** How full each caller's bucket was, and when. Callers are the names of keys: few. */
  const buckets = new Map<string, { level: number; at: number }>();
  return {
    take(owner) {
      const at = now();
      const { level, at: before } = buckets.get(owner) ?? { level: 0, at };
      const left = Math.max(0, level - ((at - before) * perMinute) / 60_000);
      const over = left + 1 - perMinute;
      buckets.set(owner, { level: over > 0 ? left : left + 1, at });
      return over > 0 ? (over * 60) / perMinute : 0;
    },
    giveBack(owner) {
      const bucket = buckets.get(owner);
      if (bucket) bucket.level = Math.max(0, bucket.level - 1);
    },
  };
}
