// Several streams as one, in the order in which things come.

/** Yields what the sources yield, each as soon as it is there. Ends them all when one fails or nobody wants more. */
export async function* merge<E>(sources: readonly AsyncIterator<E>[]): AsyncGenerator<E, void> {
  type Next = { from: AsyncIterator<E>; result: IteratorResult<E> };
  const ask = async (from: AsyncIterator<E>): Promise<Next> => ({ from, result: await from.next() });
  const waiting = new Map(sources.map((source) => [source, ask(source)]));
  try {
    while (waiting.size > 0) {
      const { from, result } = await Promise.race(waiting.values());
      if (result.done) {
        waiting.delete(from);
        continue;
      }
      waiting.set(from, ask(from));
      yield result.value;
    }
  } finally {
    const left = [...waiting.values()];
    for (const source of waiting.keys()) void source.return?.();
    await Promise.allSettled(left);
  }
}
