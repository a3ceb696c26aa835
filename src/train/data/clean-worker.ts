// One thread that cleans batches, one after the other.
import { parentPort, workerData } from "node:worker_threads";
import { type Batch, type CleanOptions, cleanBatch } from "./clean.ts";

parentPort!.on("message", (batch: Batch) => {
  const clean = cleanBatch(batch, workerData as CleanOptions);
  const { records, ends, sources, bytes, hashes, bands, lineEnds, lines } = clean;
  // Buffer.concat may take a small one from a pool that others use: that cannot be handed over.
  const own = records.buffer.byteLength === records.length ? records : records.slice();
  const arrays = [own, ends, sources, bytes, hashes, bands, lineEnds, lines];
  parentPort!.postMessage(
    { ...clean, records: own },
    arrays.map(({ buffer }) => buffer as ArrayBuffer),
  );
});
