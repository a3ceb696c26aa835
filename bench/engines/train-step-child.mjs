// Trains in a process of its own: the first message is the job, every further one asks for a step, or for the profile of some.
import { open } from "./train-step.mjs";

process.once("message", async (job) => {
  const { step, profile } = await open(job);
  process.on("message", async ({ steps }) => process.send(steps ? await profile(steps) : await step()));
  process.on("disconnect", () => process.exit());
  process.send("ready");
});
