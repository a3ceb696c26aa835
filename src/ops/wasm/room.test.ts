// Rooms beside a thread that is slow: it moves by a timer only, so that whoever waited for it without letting the event loop turn would wait for ever.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { instantiate, kernelBuild } from "./build.ts";
import type { Region } from "./memory.ts";
import { createRoom, type Room } from "./room.ts";
import type { Job, Team } from "./team.ts";

const SIZE = 8;
let rooms: Room[];
let timer: NodeJS.Timeout;

beforeEach(async () => {
  const build = await kernelBuild(undefined, true);
  const jobs: Job[] = [];
  let begun: Job | undefined;
  let finishLast: Job["finish"] = () => true;
  const team: Team = {
    threads: 2,
    enter: () => {},
    start(job, patience) {
      if (!finishLast(patience)) return false;
      finishLast = job.finish;
      jobs.push(job);
      return true;
    },
    problem: () => undefined,
    leave: async () => {},
  };
  rooms = [0, 1].map((index) => createRoom(build, 2 ** 23, index, undefined, () => team));
  const slow = rooms.map(({ memory, control, quads }) => {
    const kernels = instantiate(build, memory);
    kernels.join(1, 2);
    kernels.begin(control);
    kernels.useQuads(Number(quads.narrow), Number(quads.wide));
    return kernels;
  });
  timer = setInterval(() => {
    const [job] = jobs;
    if (!job) return;
    if (job !== begun) slow[job.room].rewind(job.from);
    begun = job;
    if (slow[job.room].run(job.end, 0)) jobs.shift();
  });
});
afterEach(() => clearInterval(timer));

const region = (room: Room): Region => room.heap.allocate(4 * SIZE, "passing");
const put = (room: Room, target: Region, value: number): void => room.recordInput(target, new Float32Array(SIZE).fill(value));
const read = async (room: Room, from: Region): Promise<number> => {
  const values = await room.afterwards(() => room.heap.floats(from).slice());
  expect(new Set(values).size).toBe(1);
  return values[0];
};

describe("a room", () => {
  it("gives values as they are when they are read, though the same memory is used again at once", async () => {
    const [room] = rooms;
    const place = region(room);
    const reads = [1, 2, 3, 4].map((value) => {
      put(room, place, value);
      return read(room, place);
    });
    expect(await Promise.all(reads)).toEqual([1, 2, 3, 4]);
  });

  it("gets values of another room as they were when that was recorded", async () => {
    const [here, there] = rooms;
    const [source, target] = [region(there), region(here)];
    const reads = [1, 2, 3].map((value) => {
      put(there, source, value);
      here.recordCrossing(there, source, target);
      put(there, source, -value);
      return read(here, target);
    });
    expect(await Promise.all(reads)).toEqual([1, 2, 3]);
    expect(await read(there, source)).toBe(-3);
  });

  it("gets them as they were, too, where the other room is ahead", async () => {
    const [here, there] = rooms;
    const [source, target] = [region(there), region(here)];
    put(here, target, 5);
    const before = read(here, target);
    put(there, source, 1);
    here.recordCrossing(there, source, target);
    put(there, source, 2);
    expect(await read(there, source)).toBe(2);
    expect(await before).toBe(5);
    expect(await read(here, target)).toBe(1);
  });

  it("sends values there and back again", async () => {
    const [here, there] = rooms;
    const [a, b] = [region(here), region(there)];
    put(here, a, 1);
    for (let i = 0; i < 5; i++) {
      there.recordCrossing(here, a, b);
      put(here, a, 0);
      here.recordCrossing(there, b, a);
      put(there, b, 0);
    }
    expect(await read(here, a)).toBe(1);
    expect(await read(there, b)).toBe(0);
  });
});
