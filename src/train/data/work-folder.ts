// The folder of a run: before any work is done it must be empty, or belong to an earlier run with the same sources and settings. That run is known by
// a plan, everything that the result depends on; the number of workers is not in it.
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join, resolve, sep } from "node:path";
import { UsageError } from "../../errors.ts";
import { diskError, writeWhole } from "./disk.ts";
import type { Source } from "./find-files.ts";
import type { DataReport, DataSettings } from "./report.ts";

/** Changes whenever the same plan would give another result. */
const version = 2;

export interface WorkFolder {
  /** Where parts are kept until the run is finished. */
  readonly path: string;
  /** Of a run that is finished already. */
  readonly report: DataReport | undefined;
}

const workName = ".work";

/** @throws UsageError for a folder with other things in it */
export async function openWorkFolder(out: string, sources: readonly Source[], settings: DataSettings): Promise<WorkFolder> {
  const plan = planOf(sources, settings);
  const path = join(out, workName);
  await mkdir(out, { recursive: true }).catch((error) => {
    throw diskError(out, error);
  });
  const names = await readdir(out);
  const finished = names.includes("report.json") ? await readJson(join(out, "report.json")) : undefined;
  const begun = names.includes(workName) ? await readJson(join(path, "plan.json")) : undefined;
  if (finished?.plan === plan) return { path, report: finished.report as DataReport };
  // A run that was ended before its plan was written has done nothing else.
  const own = begun === undefined && names.every((name) => name === workName);
  if (!own && (finished !== undefined || begun?.plan !== plan)) {
    const what = finished || begun ? "what was made of other sources, or with other settings" : `other files, such as ${names[0]}`;
    throw new UsageError(`${out}: holds ${what}: choose another --out, or remove it`);
  }
  if (begun === undefined) {
    await mkdir(path, { recursive: true }).catch((error) => {
      throw diskError(path, error);
    });
    await writeWhole(join(path, "plan.json"), (file) => file.writeFile(JSON.stringify({ plan })));
  }
  return { path, report: undefined };
}

/** Writes the report, by which the run is finished, and removes what is not needed any more. @param page as HTML */
export async function finish(
  out: string,
  work: WorkFolder,
  sources: readonly Source[],
  settings: DataSettings,
  report: DataReport,
  page: string,
): Promise<void> {
  await writeWhole(join(out, "report.html"), (file) => file.writeFile(page));
  const content = { plan: planOf(sources, settings), report };
  await writeWhole(join(out, "report.json"), (file) => file.writeFile(`${JSON.stringify(content, null, 1)}\n`));
  await rm(work.path, { recursive: true });
}

/** @throws UsageError for a folder in which the next run would find its own result */
export function requireOutside(out: string, sources: readonly string[]): void {
  for (const source of sources) {
    if (`${resolve(out)}${sep}`.startsWith(`${resolve(source)}${sep}`)) {
      throw new UsageError(`--out ${out} lies in ${source}, from which is read: choose a folder outside of it`);
    }
  }
}

function planOf(sources: readonly Source[], settings: DataSettings): string {
  return createHash("sha256")
    .update(JSON.stringify({ version, settings, sources: sources.map(({ name, files }) => ({ name, files })) }))
    .digest("hex");
}

/** Undefined where there is none, or half of one. */
async function readJson(path: string): Promise<{ plan?: string; report?: unknown } | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch {
    return undefined;
  }
}
