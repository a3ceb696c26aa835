// A turn of the event loop: timers, input and other requests run before it resolves, and so does what they had waiting.

/** Browsers delay nested timers by 4 ms; a message to oneself comes at once. */
export function turn(): Promise<void> {
  if (typeof setImmediate === "function") return new Promise((resolve) => setImmediate(resolve));
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
