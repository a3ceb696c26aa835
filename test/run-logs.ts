// Logs of invented runs, whose figures can be told without a computer: a step takes a second, and half of what the machine could do.

export interface RunLogOptions {
  readonly time: string;
  /** Steps that the run should make. */
  readonly steps: number;
  readonly dim: number;
}

export function beginLine({ time, steps, dim }: RunLogOptions): string {
  const config = { dim, nLayers: 2, norm: { kind: "rms", eps: 1e-5 } };
  const recipe = { learningRate: 1e-3, seed: 1 };
  return line({ event: "begin", name: "invented", time, parameters: 1000, config, recipe, steps, ...sizes });
}

const sizes = { tokens_per_step: 1024, flop_per_token: 10, peak_flop_per_second: 20_480, threads: 2 };

/** The loss falls from 4 by 0.05 a step, that of validation by 0.02; every tenth step is validated, and samples a text. */
export function stepLines(first: number, last: number): string {
  let lines = "";
  for (let step = first; step <= last; step++) {
    const loss = 4 - step / 20;
    lines += line({
      ...{ event: "step", step, tokens: 1024 * step, loss, bits_per_byte: 0.4 * loss, learning_rate: 1e-3, gradient_norm: 1 },
      ...{ seconds: step, tokens_per_second: 1024, flop_per_second: 10_240 },
    });
    if (step % 10 !== 0) continue;
    const validated = 4 - step / 50;
    lines += line({ event: "validation", step, tokens: 1024 * step, loss: validated, bits_per_byte: 0.4 * validated });
    lines += line({ event: "sample", step, prompt: "Once", text: ` <b>at</b> step ${step}` });
  }
  return lines;
}

/** @param options with `made`, the steps that it has made */
export function runLog(options: RunLogOptions & { readonly made: number }): string {
  return beginLine(options) + stepLines(1, options.made);
}

export function endLine(reason: string): string {
  return line({ event: "end", reason });
}

function line(event: object): string {
  return `${JSON.stringify(event)}\n`;
}
