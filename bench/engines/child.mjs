// A contestant in a process of its own: opens what its parent asks for, and runs when told to.
//
// A contestant is a module with open(request), which gives `run(prompts, decoded)`: prompts of token ids, together, greedily continued by so many
// tokens each. It answers with the seconds until all have their first token (prefill), and from there to the end (decode).
process.once("message", async ({ engine, ...request }) => {
  const { open } = await import(engine);
  const { about, run, close } = await open(request);
  process.on("message", async (job) => {
    if (job) return process.send(await run(job.prompts, job.decoded));
    await close();
    process.exit();
  });
  process.send({ about, node: process.versions.node });
});
