// Memory beyond 2 GiB, where addresses are negative as the 32-bit words that commands hold: every op gives there what the judge gives, with weights,
// activations and caches all up there. The memory below is never touched, and so takes none of the machine's.
import { describe, expect, it } from "vitest";
import { conformanceCases, runConformance } from "../conformance.ts";
import { createReference } from "../reference/index.ts";
import { createWasm, type WasmOps } from "./index.ts";

const GIB = 2 ** 30;
const forward = conformanceCases.filter(({ name }) => !name.includes("gradient"));

/** A backend whose next bytes lie beyond `address`. */
async function raised(threads: number, address: number): Promise<WasmOps> {
  const ops = await createWasm({ threads, activations: threads === 1 ? "f32" : "int8" });
  const { room, region } = ops.weight([1], "F32", new Uint8Array(4));
  room.heap.allocate(address - region.address, "lasting");
  return ops;
}

describe.each([
  ["one thread, a memory that is not shared", 1, 2 * GIB - 8192],
  ["two threads, a shared memory", 2, 3 * GIB],
])("%s", (_, threads, address) => {
  it(`computes every op from byte ${address} on`, { timeout: 300_000 }, async () => {
    const ops = await raised(threads, address);
    const results = await runConformance(ops, createReference(), { cases: forward, required: forward.map(({ name }) => name) });
    expect(results.filter(({ outcome }) => outcome !== "pass")).toEqual([]);
    expect(ops.weight([1], "F32", new Uint8Array(4)).region.address).toBeGreaterThan(Math.max(2 * GIB, address));
    await ops.dispose();
  });
});
