// One step of training, recorded whole: forward and back for each batch, the sum of their gradients, its norm, and the update. Runs wherever the engine does.
import { UsageError } from "../errors.ts";
import { buildBatch } from "../model/batch.ts";
import { transformer } from "../model/transformer.ts";
import type { Ops, Tensor, Weight } from "../ops/ops.ts";
import { type Recorded, tape } from "../ops/tape.ts";
import { type AdamWOptions, type AdamWState, stepAdamW } from "./adam-w.ts";
import { addGradients, clipTo } from "./clip.ts";
import { countTargets, descendCrossEntropy, logProbsOf, sumLogProbs } from "./loss.ts";
import type { Rows } from "./rows.ts";
import type { TrainedModel } from "./trained-model.ts";

export interface StepOptions {
  /** Its decay is of matrices only. */
  readonly adamW: AdamWOptions;
  readonly learningRate: number;
  /** The norm of all gradients together is made this at most. */
  readonly clip: number;
  /** Keep of each layer its result only, and compute the rest again on the way back: less memory for a third more time (Chen 2016). */
  readonly recompute?: boolean;
}

export interface StepResult {
  /** Mean over the tokens that count, in nats, before the step. */
  readonly loss: number;
  /** Of all gradients together, before they are clipped. */
  readonly gradientNorm: number;
}

/**
 * One step of AdamW on the mean loss of all batches together.
 *
 * @param batches one, or several whose gradients are summed: each takes the memory of its own tokens only
 * @throws UsageError when no token counts
 */
export async function trainStep<T extends Tensor, W extends Weight>(
  ops: Ops<T, W>,
  model: TrainedModel<W>,
  state: AdamWState<W>,
  batches: readonly Rows[],
  { adamW, learningRate, clip: most, recompute }: StepOptions,
): Promise<StepResult> {
  const counted = batches.reduce((sum, { targets }) => sum + countTargets(targets), 0);
  if (counted === 0) throw new UsageError("a step without a target: no token of its rows has another of its document behind it");
  const { logProbs, norm } = ops.scope(() => {
    const logProbs: Promise<number>[] = [];
    let sums: Record<string, T> | undefined;
    for (const batch of batches) {
      sums = ops.scope(() => {
        const found = gradientsOf(ops, model, batch, 1 / counted, recompute);
        logProbs.push(sumLogProbs(ops, found.logProbs));
        return addGradients(ops, sums, found.gradients);
      });
    }
    const clip = clipTo(ops, sums!, most);
    stepAdamW(ops, adamW, state, model.named, sums!, { learningRate, gradientScale: 1, clip });
    return { logProbs, norm: ops.read(clip.norm) };
  });
  const total = (await Promise.all(logProbs)).reduce((sum, part) => sum + part, 0);
  return { loss: -total / counted, gradientNorm: (await norm)[0] };
}

/** To be called in a scope. */
function gradientsOf<T extends Tensor, W extends Weight>(
  ops: Ops<T, W>,
  model: TrainedModel<W>,
  { chunks, targets }: Rows,
  weight: number,
  recompute = false,
): { readonly logProbs: readonly T[]; readonly gradients: Record<string, T> } {
  const { config, weights, named } = model;
  const t = tape(ops);
  const batch = buildBatch(t, config, chunks);
  // What the model does in a scope is a layer.
  const recorded: typeof t = recompute
    ? { ...t, scope: <R>(body: () => R): R => t.checkpoint(body as () => Recorded<T>, batch.ids) as R }
    : t;
  const h = transformer(recorded, config, weights, batch); // [tokens, dim]
  const logProbs = descendCrossEntropy(ops, t, model, h, targets, weight);
  const byWeight = t.backward();
  const paths = Object.keys(named).filter((path) => byWeight.has(named[path]));
  return { logProbs, gradients: Object.fromEntries(paths.map((path) => [path, byWeight.get(named[path])!])) };
}

/** Mean loss over the tokens that count, in nats. Batches run one after the other. @throws UsageError when none counts */
export async function evaluate<T extends Tensor, W extends Weight>(
  ops: Ops<T, W>,
  model: TrainedModel<W>,
  batches: Iterable<Rows>,
): Promise<number> {
  const { config, weights } = model;
  let total = 0;
  let counted = 0;
  for (const { chunks, targets } of batches) {
    total += await ops.scope(() => {
      const h = transformer(ops, config, weights, buildBatch(ops, config, chunks)); // [tokens, dim]
      return sumLogProbs(ops, logProbsOf(ops, model, h, targets));
    });
    counted += countTargets(targets);
  }
  if (counted === 0) throw new UsageError("nothing to measure with: no token of the rows has another of its document behind it");
  return -total / counted;
}
