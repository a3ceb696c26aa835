// Who I am among the threads, and which part of a command is mine. Globals belong to a thread: each has an instance of the module.

/** This thread, from 0, the one that records commands. */
export let thread: i32 = 0;
/** Part `part` of `parts` of the present command: all of it where every thread runs it whole. */
export let part: i32 = 0;
export let parts: i32 = 1;
let threads: i32 = 1;

export function join(me: i32, all: i32): void {
  thread = me;
  threads = all;
}

export function teamSize(): i32 {
  return threads;
}

export function takePart(byEach: bool): void {
  part = byEach ? 0 : thread;
  parts = byEach ? 1 : threads;
}

/** Of n pieces in a row, the first that is mine. */
export function firstOf(n: i32): i32 {
  return <i32>((<i64>n * part) / parts);
}

/** One past the last that is mine. */
export function endOf(n: i32): i32 {
  return <i32>((<i64>n * (part + 1)) / parts);
}

// Arguments of a command are words at `a`

export function int(a: usize, i: i32): i32 {
  return load<i32>(a + ((<usize>i) << 2));
}

export function address(a: usize, i: i32): usize {
  return <usize>load<u32>(a + ((<usize>i) << 2));
}

export function float(a: usize, i: i32): f32 {
  return load<f32>(a + ((<usize>i) << 2));
}
