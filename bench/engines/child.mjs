// A contestant in a process of its own: opens what its parent asks for, and runs when told to.
process.once("message", async ({ engine, ...request }) => {
  const { open } = await import(engine);
  const { run, close } = await open(request);
  process.on("message", async (job) => {
    if (!job) {
      await close();
      process.exit();
    }
    const before = process.cpuUsage();
    const times = await run(job.prompts, job.decoded);
    const { user, system } = process.cpuUsage(before);
    process.send({ ...times, cpu: (user + system) / 1e6 });
  });
  process.send(process.versions.node);
});
