// A contestant in a process of its own: opens what its parent asks for, and runs when told to.
process.once("message", async ({ engine, ...request }) => {
  const { open } = await import(engine);
  const { run, close } = await open(request);
  process.on("message", async (job) => {
    if (job) return process.send(await run(job.prompts, job.decoded));
    await close();
    process.exit();
  });
  process.send(process.versions.node);
});
