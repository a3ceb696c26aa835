import { describe, expect, it } from "vitest";
import { type ChartOptions, drawChart } from "./chart.ts";
import { textOf } from "./markup.ts";
import type { Series } from "./series.ts";

const options: ChartOptions = {
  ...{ width: 400, height: 200, over: "step", logX: false, logY: false, fromZero: false },
  ...{ show: String, label: 'a "plot"' },
};

function series(y: readonly number[], more: Partial<Series> = {}): Series {
  return { name: "a", colour: 0, kind: "train", x: y.map((_, i) => i + 1), y, low: y, high: y, ...more };
}

const pathsOf = (svg: string): string[] => Array.from(svg.matchAll(/ d="([^"]*)"/g), ([, path]) => path);

describe("a plot", () => {
  it("draws a line through its values, with a gap where there is none", () => {
    const chart = drawChart([series([3, 2, Number.NaN, 1, 1.5])], options)!;
    const text = textOf(chart.svg);
    const place = (x: number, y: number): string => [chart.x.place(x), chart.y.place(y)].map((at) => Math.round(at * 10) / 10).join(" ");
    expect(pathsOf(text)).toEqual([`M${place(1, 3)}L${place(2, 2)}M${place(4, 1)}L${place(5, 1.5)}`]);
    expect(text).not.toMatch(/NaN|undefined|Infinity/);
    expect(text).toContain('aria-label="a &#34;plot&#34;"');
  });

  it("shows what was measured below what is smoothed: as a line, or as a band of extremes", () => {
    const raw = [3, 1, 3];
    expect(textOf(drawChart([series([2, 2, 2], { low: raw, high: raw })], options)!.svg)).toContain('class="run raw c0"');
    const banded = textOf(drawChart([series([2, 2, 2], { low: [1, 1, 1], high: [3, 3, 3] })], options)!.svg);
    expect(banded).toContain('class="run band c0"');
    expect(pathsOf(banded)[0]).toMatch(/^M(?:[\d.]+ [\d.]+L?){6}Z$/);
  });

  it("lets a lonely spike leave the frame, and keeps all that is validated within", () => {
    const spiked = Array.from({ length: 200 }, (_, i) => (i === 100 ? 1000 : 1 + (i % 10) / 10));
    const { y, frame } = drawChart([series(spiked)], options)!;
    expect(y.value(frame.top)).toBeLessThan(4);
    const validated = drawChart([series(spiked), series([50, 1], { kind: "validation" })], options)!;
    expect(validated.y.value(validated.frame.top)).toBeGreaterThan(50);
  });

  it.each([
    ["nothing", []],
    ["runs without a value", [series([]), series([Number.NaN])]],
  ])("of %s is none", (_, none) => {
    expect(drawChart(none, options)).toBeUndefined();
  });

  it("of a single value, or on logarithmic scales of values down to 0, is one", () => {
    for (const values of [[2], [0, 0], [0, 1e-4, 1e-3]]) {
      for (const log of [false, true]) {
        const chart = drawChart([series(values)], { ...options, logX: log, logY: log });
        if (chart) expect(textOf(chart.svg)).not.toMatch(/NaN|undefined|Infinity/);
        else expect(log && values.every((value) => value === 0)).toBe(true);
      }
    }
  });
});
