// How much of a machine others use while something is measured: what all processors computed, less what was asked for.
import { cpus } from "node:os";

/** Milliseconds of all processors since the machine started. */
const busy = () => cpus().reduce((sum, { times: { user, nice, sys, irq } }) => sum + user + nice + sys + irq, 0);

/**
 * @param work gives the processor time that is its own, in seconds
 * @returns the part of all processors' time that went elsewhere meanwhile, 0 to 1; NaN where the work's own is not known
 */
export async function otherWork(work) {
  const [start, busyBefore, own] = [performance.now(), busy(), process.cpuUsage()];
  const seconds = await work();
  const { user, system } = process.cpuUsage(own);
  const other = busy() - busyBefore - (user + system) / 1000 - seconds * 1000;
  return Math.max(0, other / ((performance.now() - start) * cpus().length));
}

/** Waits until others have been quiet for half a second, ten seconds at most. @param tolerated part of all processors' time */
export async function quietMoment(tolerated) {
  const pause = () =>
    new Promise((resolve) => {
      setTimeout(resolve, 500, 0);
    });
  for (let i = 0; i < 20 && (await otherWork(pause)) > tolerated; i++);
}
