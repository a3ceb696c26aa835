// Answers that arrive in pieces. The first piece is waited for, so that what is wrong before it gets a status of its own; after it, what is read decides what
// is made: a client that does not read stops nothing but itself.
import type { Context } from "hono";
import type { Env } from "./context.ts";

const encoder = new TextEncoder();

/**
 * @param pieces texts as they are sent; ended when the client is gone
 * @param onError the last piece, for what goes wrong on the way
 */
export async function streamed(
  c: Context<Env>,
  contentType: string,
  pieces: AsyncGenerator<string, void>,
  onError: (error: unknown) => string,
): Promise<Response> {
  let next: IteratorResult<string, void> | undefined = await pieces.next();
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { value, done } = next ?? (await pieces.next());
          next = undefined;
          if (done) controller.close();
          else controller.enqueue(encoder.encode(value));
        } catch (error) {
          const told = c.get("failed")(error);
          if (!c.get("signal").aborted || isTold(c.get("signal").reason)) controller.enqueue(encoder.encode(onError(told)));
          controller.close();
        }
      },
      async cancel() {
        await pieces.return();
      },
    },
    { highWaterMark: 0 },
  );
  return c.body(body, 200, { "Content-Type": contentType, "Cache-Control": "no-store", "X-Accel-Buffering": "no" });
}

/** Who hung up hears nothing any more; whose time is over does. */
function isTold(reason: unknown): boolean {
  return reason instanceof Error && reason.name === "HttpError";
}

/** A server-sent event. */
export function sse(data: unknown, event?: string): string {
  return `${event === undefined ? "" : `event: ${event}\n`}data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`;
}

export const SSE = "text/event-stream; charset=utf-8";
