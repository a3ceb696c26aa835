// A contestant in a browser's Worker: opens what its page asks for, and runs when told to. What goes wrong is told in words.
let contestant;

async function carryOut({ engine, ...request }) {
  if (!engine) return contestant.run(request.prompts, request.decoded);
  contestant = await (await import(engine)).open(request);
}

addEventListener("message", ({ data }) =>
  carryOut(data).then(
    (result) => postMessage({ result }),
    (error) => postMessage({ error: String(error?.stack ?? error) }),
  ),
);
