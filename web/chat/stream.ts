// Server-sent events, as the HTML standard reads them (section 9.2.6): https://html.spec.whatwg.org/multipage/server-sent-events.html
// EventSource itself can neither post nor send a key.

/** An event beyond this is no answer of a model: with it, a server could fill the page's memory. */
const MAX_EVENT_CHARS = 8 * 1024 * 1024;

/**
 * The data of each event.
 *
 * @throws Error when an event is longer than 8 million characters; what the body throws
 */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<string, void> {
  // The decoder takes the byte order mark away, and joins characters that were cut.
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let rest = "";
  /** Whether the rest ends with a carriage return, which may be half of a line's end. */
  let isHalf = false;
  let data: string[] = [];
  /** How long the event is so far, in characters. */
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      const text = decoder.decode(value, { stream: !done });
      rest += text;
      length += text.length;
      // A long line that comes in pieces is looked at once.
      if (done || isHalf || /[\r\n]/.test(text)) {
        isHalf = !done && rest.endsWith("\r");
        const whole = isHalf ? rest.slice(0, -1) : rest;
        const lines = whole.split(/\r\n|\n|\r/);
        rest = lines.pop()! + rest.slice(whole.length);
        for (const line of lines) {
          if (line === "") {
            if (data.length > 0) yield data.join("\n");
            data = [];
            length = rest.length;
          } else {
            const found = /^data(?:: ?(.*))?$/s.exec(line);
            if (found) data.push(found[1] ?? "");
          }
        }
      }
      if (length > MAX_EVENT_CHARS) throw new Error("an event has no end");
      // What has no empty line after it was cut off, and is no event.
      if (done) return;
    }
  } finally {
    // Ends the request where the reader of the events has had enough.
    await reader.cancel().catch(() => {});
  }
}
