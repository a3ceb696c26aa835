// What was thrown, as a status: whose mistake it is.
import { expect, it } from "vitest";
import { UsageError } from "../errors.ts";
import { ConnectionLost, persist } from "../formats/connection.ts";
import { diskError } from "../hub/environment.ts";
import { httpError } from "./http-error.ts";

it("tells a hub that cannot be reached from a request that is wrong", async () => {
  const attempt = (): Promise<never> => Promise.reject(new ConnectionLost("getaddrinfo ENOTFOUND hub"));
  const lost: unknown = await persist("https://hub", { attempt, retryDelayMs: 0 }).catch((error) => error);
  expect(httpError(lost)).toMatchObject({ status: 502, code: "hub", message: expect.stringContaining("ENOTFOUND") });
  expect(httpError(new UsageError("no"))).toMatchObject({ status: 400, code: "invalid_request" });
});

it("tells no path of a disk that refuses, whatever the system calls it", () => {
  const cause = Object.assign(new Error("EIO: i/o error, open '/home/ann/made/x.json'"), { code: "EIO", syscall: "open" });
  const error = diskError("/home/ann/made/x.json", cause);
  expect(error.message).toContain("/home/ann/made/x.json");
  expect(httpError(error)).toMatchObject({ status: 500, code: "disk", message: "EIO: i/o error" });
});

it("repeats no name of any length", () => {
  expect(httpError(new UsageError("x".repeat(1e6))).message.length).toBeLessThan(10_100);
});
