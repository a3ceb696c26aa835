// What a piece of work reports on its way, as a stream.

/** Yields what `work` reports, and throws what it throws. When nobody wants more, the work goes on to its end unless it is told otherwise. */
export async function* reports<R>(work: (report: (what: R) => void) => Promise<void>): AsyncGenerator<R, void> {
  const waiting: R[] = [];
  let wake: () => void = () => {};
  let over = false;
  const done = work((what) => {
    waiting.push(what);
    wake();
  }).finally(() => {
    over = true;
    wake();
  });
  done.catch(() => {}); // thrown below, to whoever listens
  for (;;) {
    const next = waiting.shift();
    if (next !== undefined) yield next;
    else if (over) break;
    else await new Promise<void>((resolve) => (wake = resolve));
  }
  await done;
}
