// The folder of a training run as a model's name: it means the last checkpoint. Node only.

/** Of the checkpoint behind a step. */
export function checkpointName(step: number): string {
  return `step-${String(step).padStart(6, "0")}`;
}

/** Names of the checkpoints in the folder that holds them, oldest first; those that are being written have other names. */
export async function checkpointsIn(folder: string): Promise<string[]> {
  const { readdir } = process.getBuiltinModule("node:fs/promises");
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => /^step-\d{6,}$/.test(name)).sort((a, b) => Number(a.slice(5)) - Number(b.slice(5)));
}

/** The path of the last checkpoint of a run; undefined where `folder` is that of no run, or of one without any yet. */
export async function lastCheckpoint(folder: string): Promise<string | undefined> {
  const { join } = process.getBuiltinModule("node:path");
  const checkpoints = join(folder, "checkpoints");
  const last = (await checkpointsIn(checkpoints)).at(-1);
  return last && join(checkpoints, last);
}

/** Whether a folder is that of a training run and of nothing else. */
export async function isRun(folder: string): Promise<boolean> {
  const { readdir } = process.getBuiltinModule("node:fs/promises");
  const names = await readdir(folder);
  return names.includes("recipe.json") && !names.includes("config.json");
}
