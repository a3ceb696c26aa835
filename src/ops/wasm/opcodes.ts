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

// Training

export const ADD_ROWS = 64;
export const INPUT_GRADIENT = 65;
export const WEIGHT_GRADIENT = 66;
export const BIAS_GRADIENT = 67;
export const RMS_NORM_BACKWARD = 68;
export const LAYER_NORM_BACKWARD = 69;
export const NORM_GRADIENTS = 70;
export const ROPE_BACKWARD = 71;
export const ATTEND_BACKWARD = 72;
export const ACTIVATION_BACKWARD = 73;
export const GATED_ACTIVATION_BACKWARD = 74;
export const SOFTCAP_BACKWARD = 75;
export const LOG_PROBS_BACKWARD = 76;
export const SQUARES = 77;
export const NORM = 78;
export const ADAM_W = 79;

/** Set in a command's first word: wait until every thread has run everything before it. */
export const AFTER_BARRIER = 256;
/** Set in a command's first word: so little work that every thread does all of it, and need not wait for the others to read its result. */
export const BY_EACH = 512;
