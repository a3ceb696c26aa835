// Several streams as one, in the order in which things come.

/**
 * Yields what the sources yield, each as soon as it is there. Ends them all when one fails or nobody wants more.
 *
 * @param most how many sources run at the same time; the next one begins when one of them ends
 */
export async function* merge<E>(sources: readonly AsyncIterator<E>[], most = Number.POSITIVE_INFINITY): AsyncGenerator<E, void> {
  type Next = { from: AsyncIterator<E>; result: IteratorResult<E> };
  const ask = async (from: AsyncIterator<E>): Promise<Next> => ({ from, result: await from.next() });
  const waiting = new Map<AsyncIterator<E>, Promise<Next>>();
  const wait = (source: AsyncIterator<E>): void => {
    const next = ask(source);
    next.catch(() => {}); // it may fail while nobody asks for more: who asks hears of it then
    waiting.set(source, next);
  };
  let begun = 0;
  const begin = (): void => {
    while (begun < sources.length && waiting.size < most) {
      const source = sources[begun++];
      wait(source);
    }
  };
  try {
    for (begin(); waiting.size > 0; begin()) {
      const { from, result } = await Promise.race(waiting.values());
      waiting.delete(from);
      if (result.done) continue;
      wait(from); // behind the others: of those that are ready the first wins
      yield result.value;
    }
  } finally {
    await Promise.allSettled([...waiting.values(), ...Array.from(waiting.keys(), (source) => source.return?.())]);
  }
}
