// The numbers of the commands that the main side records and the threads run. AssemblyScript compiles this file, too.

export const INPUT = 0;
export const QUANTIZE = 1;
export const LINEAR = 2;
export const LINEAR_FLOATS = 3;
export const EMBED = 4;
export const GATHER = 5;
export const RMS_NORM = 6;
export const LAYER_NORM = 7;
export const ROPE = 8;
export const ADD = 9;
export const MULTIPLY = 10;
export const SCALE = 11;
export const ACTIVATION = 12;
export const SOFTCAP = 13;
export const LOG_PROBS = 14;
export const STORE_KV = 15;
export const ATTEND = 16;
export const COPY_PAGES = 17;

/** Set in a command's first word: wait until every thread has run everything before it. */
export const AFTER_BARRIER = 256;
/** Set in a command's first word: so little work that every thread does all of it, and need not wait for the others to read its result. */
export const BY_EACH = 512;
