// The loop that every thread is in: take the recorded commands one by one, do my part of each, wait for the others where a command says so.
//
// The control words, by byte: 0 job number, 4 what the job is (commands to run, or a word to the workers), 8 end of its commands, 12 threads that have
// arrived at the barrier, 16 how often it has opened, 20 threads that sleep at it, 24 threads that sleep for a job; 28, 32 and 36 are team.ts's. Commands
// begin at byte 64 behind.
import * as op from "../opcodes";
import { attend } from "./attention";
import { attendBackward } from "./backward/attention";
import { activationBackward, gatedActivationBackward, logProbsBackward, softcapBackward } from "./backward/curves";
import { biasGradient, inputGradient, weightGradient } from "./backward/products";
import { addRows, layerNormBackward, normGradients, rmsNormBackward } from "./backward/rows";
import { copyPage, storeKv } from "./kv-cache";
import { linear, linearFloats } from "./linear";
import { adamW, norm, squares } from "./optimizer";
import { quantize } from "./quantize";
import { activation, add, embed, gather, input, layerNorm, logProbs, multiply, rmsNorm, rope, scale, softcap } from "./rows";
import { takePart, teamSize } from "./team";

/** Turns of an empty loop before a thread sleeps: about the time that waking it would take, some tens of microseconds. */
const SPINS = 100000;
/** Nanoseconds that the recording thread sleeps at most before it tells its caller that it waits still. */
const PATIENCE: i64 = 20_000_000;

let control: usize = 0;
let at: usize = 0;
/** At the barrier before `at`: has this thread arrived, when it had opened `opened` times, and has it passed? */
let arrived = false;
let passed = false;
let opened: i32 = 0;

export function begin(controlWords: usize): void {
  control = controlWords;
}

/** Starts at the first command. */
export function rewind(commands: usize): void {
  at = commands;
  arrived = false;
  passed = false;
}

/**
 * Runs commands until their end, where all threads meet.
 *
 * @param patient sleep at a barrier until it opens; otherwise for 20 ms at most
 * @returns false when the barrier has not opened: call again
 */
export function run(end: usize, patient: bool): bool {
  let last: bool;
  do {
    last = at >= end;
    if (!passed && teamSize() > 1 && (last || load<i32>(at) & op.AFTER_BARRIER)) {
      if (!arrived) arrive();
      if (!passBarrier(patient)) return false;
      arrived = false;
      passed = true;
    }
    if (last) break;
    passed = false;
    const word = load<i32>(at);
    takePart((word & op.BY_EACH) !== 0);
    execute(word & 255, at + 8);
    at += (<usize>load<i32>(at, 4)) << 2;
  } while (!last);
  return true;
}

function arrive(): void {
  opened = atomic.load<i32>(control, 16);
  arrived = true;
  if (atomic.add<i32>(control, 1, 12) === teamSize() - 1) {
    atomic.store<i32>(control, 0, 12);
    atomic.add<i32>(control, 1, 16);
    if (atomic.load<i32>(control, 20) > 0) atomic.notify(control + 16);
  }
}

function passBarrier(patient: bool): bool {
  for (let i = 0; i < SPINS; i++) if (atomic.load<i32>(control, 16) !== opened) return true;
  atomic.add<i32>(control, 1, 20);
  do {
    atomic.wait<i32>(control + 16, opened, PATIENCE);
  } while (patient && atomic.load<i32>(control, 16) === opened);
  atomic.sub<i32>(control, 1, 20);
  return atomic.load<i32>(control, 16) !== opened;
}

/** A worker waits for the job after `seen`. @returns its number */
export function awaitJob(seen: i32): i32 {
  for (let i = 0; i < SPINS; i++) if (atomic.load<i32>(control) !== seen) return atomic.load<i32>(control);
  atomic.add<i32>(control, 1, 24);
  while (atomic.load<i32>(control) === seen) atomic.wait<i32>(control, seen, -1);
  atomic.sub<i32>(control, 1, 24);
  return atomic.load<i32>(control);
}

/** The recording thread gives out the next job. */
export function giveJob(what: i32, end: usize): void {
  store<i32>(control, what, 4);
  store<u32>(control, <u32>end, 8);
  atomic.add<i32>(control, 1);
  if (atomic.load<i32>(control, 24) > 0) atomic.notify(control);
}

function execute(code: i32, a: usize): void {
  switch (code) {
    case op.INPUT:
      input(a);
      break;
    case op.QUANTIZE:
      quantize(a);
      break;
    case op.LINEAR:
      linear(a);
      break;
    case op.LINEAR_FLOATS:
      linearFloats(a);
      break;
    case op.EMBED:
      embed(a);
      break;
    case op.GATHER:
      gather(a);
      break;
    case op.RMS_NORM:
      rmsNorm(a);
      break;
    case op.LAYER_NORM:
      layerNorm(a);
      break;
    case op.ROPE:
      rope(a, false);
      break;
    case op.ADD:
      add(a);
      break;
    case op.MULTIPLY:
      multiply(a);
      break;
    case op.SCALE:
      scale(a);
      break;
    case op.ACTIVATION:
      activation(a);
      break;
    case op.SOFTCAP:
      softcap(a);
      break;
    case op.LOG_PROBS:
      logProbs(a);
      break;
    case op.STORE_KV:
      storeKv(a);
      break;
    case op.ATTEND:
      attend(a);
      break;
    case op.COPY_PAGES:
      copyPage(a);
      break;
    case op.ADD_ROWS:
      addRows(a);
      break;
    case op.INPUT_GRADIENT:
      inputGradient(a);
      break;
    case op.WEIGHT_GRADIENT:
      weightGradient(a);
      break;
    case op.BIAS_GRADIENT:
      biasGradient(a);
      break;
    case op.RMS_NORM_BACKWARD:
      rmsNormBackward(a);
      break;
    case op.LAYER_NORM_BACKWARD:
      layerNormBackward(a);
      break;
    case op.NORM_GRADIENTS:
      normGradients(a);
      break;
    case op.ROPE_BACKWARD:
      rope(a, true);
      break;
    case op.ATTEND_BACKWARD:
      attendBackward(a);
      break;
    case op.ACTIVATION_BACKWARD:
      activationBackward(a);
      break;
    case op.GATED_ACTIVATION_BACKWARD:
      gatedActivationBackward(a);
      break;
    case op.SOFTCAP_BACKWARD:
      softcapBackward(a);
      break;
    case op.LOG_PROBS_BACKWARD:
      logProbsBackward(a);
      break;
    case op.SQUARES:
      squares(a);
      break;
    case op.NORM:
      norm(a);
      break;
    case op.ADAM_W:
      adamW(a);
      break;
  }
}
