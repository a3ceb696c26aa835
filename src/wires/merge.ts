// Several streams as one, in the order in which things come.

/**
 * Yields what the sources yield, each as soon as it is there. Ends them all when one fails or nobody wants more.
 *
 * @param most how many sources run at the same time; the next one begins when one of them ends
 */
export async function* merge<E>(sources: readonly AsyncIterator<E>[], most = Number.POSITIVE_INFINITY): AsyncGenerator<E, void> {
  const asked = new Map<AsyncIterator<E>, Promise<IteratorResult<E>>>();
  // No Promise.race(): it leaves something on each promise that loses, so that a source that waits long would hold all that the others said meanwhile.
  const ready: AsyncIterator<E>[] = [];
  let wake = (): void => {};
  const ask = (source: AsyncIterator<E>): void => {
    const next = source.next();
    asked.set(source, next);
    const onReady = (): void => {
      ready.push(source);
      wake();
    };
    next.then(onReady, onReady);
  };
  let begun = 0;
  const begin = (): void => {
    while (begun < sources.length && asked.size < most) ask(sources[begun++]);
  };
  try {
    for (begin(); asked.size > 0; begin()) {
      if (ready.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      const source = ready.shift()!;
      const { value, done } = await asked.get(source)!;
      asked.delete(source);
      if (done) continue;
      ask(source);
      yield value;
    }
  } finally {
    await Promise.allSettled([...asked.values(), ...Array.from(asked.keys(), (source) => source.return?.())]);
  }
}
