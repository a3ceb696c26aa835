// Where things stand on this machine: cria's own folder and those of Ollama, LM Studio and the Hugging Face cache. Node only.
import { UsageError } from "../errors.ts";

/** Environment variables; everything that reads them can be given others. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Folders, whether or not they exist. */
export interface Folders {
  /** CRIA_HOME, or cria in XDG_CACHE_HOME, or ~/.cache/cria. */
  readonly cria: string;
  /** OLLAMA_MODELS, or ~/.ollama/models; then where Ollama's service for Linux keeps them. */
  readonly ollama: readonly string[];
  /** ~/.lmstudio/models, and ~/.cache/lm-studio/models of older versions. */
  readonly lmStudio: readonly string[];
  /** HF_HUB_CACHE, or hub in HF_HOME, or ~/.cache/huggingface/hub. */
  readonly hfCache: string;
}

/** @param env default: the environment of the process */
export function folders(env: Environment = process.env): Folders {
  const { homedir } = process.getBuiltinModule("node:os");
  const { isAbsolute, join } = process.getBuiltinModule("node:path");
  const home = env.HOME || env.USERPROFILE || homedir();
  // The XDG specification: relative paths are invalid and ignored.
  const cache = env.XDG_CACHE_HOME && isAbsolute(env.XDG_CACHE_HOME) ? env.XDG_CACHE_HOME : join(home, ".cache");
  return {
    cria: env.CRIA_HOME || join(cache, "cria"),
    ollama: env.OLLAMA_MODELS ? [env.OLLAMA_MODELS] : [join(home, ".ollama", "models"), "/usr/share/ollama/.ollama/models"],
    lmStudio: [join(home, ".lmstudio", "models"), join(home, ".cache", "lm-studio", "models")],
    hfCache: env.HF_HUB_CACHE || join(env.HF_HOME || join(cache, "huggingface"), "hub"),
  };
}

/** The disk refuses: only who runs this machine can mend that, be it that he asked or that somebody asks his server. */
export class DiskError extends UsageError {
  override name = "DiskError";
  /** The same as the message, without the path. */
  readonly reason: string;
  readonly full: boolean;
  constructor(path: string, reason: string, { full = false, cause }: { full?: boolean; cause?: unknown } = {}) {
    super(`${path}: ${reason}`, { cause });
    this.reason = reason;
    this.full = full;
  }
}

/** Turns what the file system says into a sentence. */
export function diskError(path: string, cause: unknown): DiskError {
  const { code = "", message } = cause as NodeJS.ErrnoException;
  const reasons: Record<string, string> = {
    ENOSPC: "the disk is full: free some space and pull again, what has arrived is kept",
    EDQUOT: "your quota of the disk is used up: free some space and pull again, what has arrived is kept",
    EACCES: "no permission to write here: change the folder's owner, or set CRIA_HOME to a folder of yours",
    EPERM: "no permission to write here: change the folder's owner, or set CRIA_HOME to a folder of yours",
    EROFS: "the file system is read-only: set CRIA_HOME to a folder that can be written",
    ENOTDIR: "a file stands where a folder is needed: remove it, or set CRIA_HOME to another folder",
    EEXIST: "a file stands where a folder is needed: remove it, or set CRIA_HOME to another folder",
    ENAMETOOLONG: "the name is too long for this file system",
  };
  // Node's own messages go on with the call and its path.
  const reason = reasons[code] ?? message.replace(/, \w+( '.*')?$/s, "");
  return new DiskError(path, reason, { full: code === "ENOSPC" || code === "EDQUOT", cause });
}
