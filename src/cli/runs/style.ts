// How the page looks, in the reader's light or dark scheme, and how a drawing of its own looks on a light ground.

/** Curves are told apart by their colours, in pairs of light and dark schemes; all have a contrast of 3 or more to the ground. */
const curves = [
  ["#1c6fb5", "#6bb0ea"],
  ["#c9561c", "#f0935c"],
  ["#2c8254", "#63c08c"],
  ["#a23b8c", "#dd86c8"],
  ["#8a6a12", "#d3b04c"],
  ["#5a51c4", "#a49cf4"],
  ["#b8323f", "#f2818a"],
  ["#1f7f88", "#5cc0c9"],
] as const;

const schemes = {
  light: { ground: "#fdfcfa", ink: "#26231f", quiet: "#6d675f", line: "#e7e2da", mark: "#9a8f80", panel: "#fffefc", accent: "#7a6a4f" },
  dark: { ground: "#181614", ink: "#ece7df", quiet: "#a29a8e", line: "#35312c", mark: "#7d7467", panel: "#211e1b", accent: "#cdb88f" },
} as const;

type Scheme = keyof typeof schemes;

function coloursOf(scheme: Scheme): [name: string, value: string][] {
  const own = Object.entries(schemes[scheme]);
  return [...own, ...curves.map((pair, i): [string, string] => [`curve-${i}`, pair[scheme === "light" ? 0 : 1]])];
}

function variables(scheme: Scheme): string {
  return coloursOf(scheme)
    .map(([name, value]) => `--${name}:${value}`)
    .join(";");
}

/** For the elements that chart.ts draws. */
const chartStyle = `
.grid { stroke: var(--line) } .base { stroke: var(--mark) }
.tick, .unit { font-size: 11.5px; fill: var(--quiet); font-variant-numeric: tabular-nums }
.mark { stroke: var(--accent); stroke-dasharray: 2 3 }
.run { stroke: currentColor; fill: currentColor }
.run path { fill: none; stroke-linejoin: round }
.train path { stroke-width: 1.25; opacity: .8 }
.validation path { stroke-width: 2.25 }
.validation circle { stroke: var(--ground); stroke-width: 1 }
.raw path { stroke-width: 1; opacity: .2 }
.band path { fill: currentColor; stroke: none; opacity: .16 }
.dashed path { stroke-dasharray: 6 3 }
${curves.map((_, i) => `.c${i} { color: var(--curve-${i}) }`).join("\n")}`;

/** Without variables, which not every program that shows SVG knows. */
export const drawingStyle: string = `
svg { font: 13px system-ui, sans-serif }
.title { font-size: 15px; font-weight: 600 } .title, .legend { fill: ${schemes.light.ink} }
${chartStyle}`.replace(/var\(--([\w-]+)\)/g, (_, name: string) => new Map(coloursOf("light")).get(name)!);

export const drawingGround: string = schemes.light.ground;

export const pageStyle: string = `
:root { color-scheme: light dark; ${variables("light")} }
@media (prefers-color-scheme: dark) { :root { ${variables("dark")} } }
* { box-sizing: border-box }
[hidden] { display: none !important }
body { margin: 0 auto; max-width: 88rem; padding: 1.5rem clamp(1rem, 3vw, 2.5rem) 4rem; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, sans-serif }
header { display: flex; align-items: baseline; gap: 1rem; flex-wrap: wrap; margin-bottom: 1.25rem }
h1 { font-size: 1.35rem; font-weight: 600; margin: 0; letter-spacing: -.01em } h1 span { color: var(--accent) }
h2 { font-size: .95rem; font-weight: 600; margin: 0 }
h3 { font-size: .85rem; font-weight: 600; margin: 0; display: flex; align-items: baseline; gap: .5rem; flex-wrap: wrap }
#status { margin: 0; color: var(--quiet); font-size: .85rem }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px }
input { accent-color: var(--accent) }
.empty { color: var(--quiet) }
.swatch { display: inline-block; flex: none; width: .7rem; height: .7rem; border-radius: 50%; background: currentColor; margin-right: .45rem; vertical-align: -.03rem }

.wide { overflow-x: auto; margin: 0 calc(-1 * clamp(1rem, 3vw, 2.5rem)); padding: 0 clamp(1rem, 3vw, 2.5rem) }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { text-align: left; font-weight: 400; vertical-align: top }
#runs { width: 100%; font-size: .9rem }
#runs th, #runs td { padding: .45rem .9rem .45rem 0; border-bottom: 1px solid var(--line); white-space: nowrap; text-align: right }
#runs thead th { color: var(--quiet); font-size: .8rem; vertical-align: bottom }
#runs :is(th, td):nth-child(-n + 2) { text-align: left }
#runs :is(th, td):last-child { padding-right: 0 }
#runs label { display: inline-flex; align-items: center; cursor: pointer; font-weight: 500 } #runs input { margin: 0 .6rem 0 0 }
.steps { display: inline-grid; gap: .2rem; justify-items: end }
progress { appearance: none; width: 6rem; height: 3px; border: 0; background: var(--line) }
progress::-webkit-progress-bar { background: var(--line) } progress::-webkit-progress-value { background: var(--accent) } progress::-moz-progress-bar { background: var(--accent) }
.state::before { content: ""; display: inline-block; width: .45rem; height: .45rem; border-radius: 50%; margin-right: .45rem; vertical-align: .08rem; background: var(--mark) }
.state.running::before { background: var(--curve-2); box-shadow: 0 0 0 3px color-mix(in srgb, var(--curve-2) 25%, transparent) }
.state.finished::before { background: var(--curve-2) } .state.interrupted::before { background: var(--curve-4) }
.state.diverged::before, .state.unreadable::before { background: var(--curve-6) }
.problem { display: block; color: var(--quiet); font-size: .8rem; white-space: normal; min-width: 12rem }

#controls { display: flex; flex-wrap: wrap; align-items: center; gap: .6rem 1.75rem; margin: 1.5rem 0 1rem; font-size: .85rem; color: var(--quiet) }
#controls label { display: inline-flex; align-items: center; gap: .4rem; cursor: pointer; color: var(--ink) }
fieldset { display: flex; border: 1px solid var(--line); border-radius: 6px; margin: 0; padding: 0; overflow: hidden }
legend { float: left; padding: .25rem .3rem .25rem .75rem; color: var(--quiet) }
fieldset label { padding: .25rem .75rem } fieldset input { position: absolute; opacity: 0; pointer-events: none }
fieldset label:has(:checked) { background: var(--line); font-weight: 500 }
fieldset label:has(:focus-visible) { outline: 2px solid var(--accent); outline-offset: -2px; border-radius: 5px }
.key { display: inline-flex; gap: 1rem; margin-left: auto } .key span::before { content: ""; display: inline-block; width: 1.4rem; margin-right: .4rem; vertical-align: .25rem; border-top: 1.25px solid var(--quiet) }
.key span:last-child::before { border-top-width: 2.5px; border-color: var(--ink) }

#first { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1.5rem 2.5rem }
#others { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1.5rem 2.5rem; margin: 1.5rem 0 2rem }
.canvas { position: relative; height: 210px; margin-top: .35rem; touch-action: pan-y; cursor: crosshair } #loss .canvas { height: clamp(260px, 44vh, 420px) }
.canvas svg { display: block; max-width: 100% } .overlay { position: absolute; inset: 0; pointer-events: none }
.pointer { stroke: var(--mark) } .reading { fill: currentColor; stroke: var(--ground); stroke-width: 1.5 }
.readings { position: absolute; top: 1.2rem; z-index: 1; pointer-events: none; background: var(--panel); border: 1px solid var(--line); border-radius: 6px; padding: .45rem .7rem; font-size: .8rem; box-shadow: 0 2px 10px rgb(0 0 0 / .08); max-width: 70% }
.readings p { margin: 0 0 .15rem; color: var(--quiet) } .readings td, .readings [scope=col] { text-align: right; padding-left: .9rem } .readings [scope=col] { color: var(--quiet) }
.readings [scope=row] { overflow-wrap: anywhere }
${chartStyle}
${curves.map((_, i) => `[data-emphasis=c${i}] .run:not(.c${i}) { opacity: .18 }`).join("\n")}

#samples { border-top: 1px solid var(--line); padding-top: .75rem; font-size: .9rem; min-width: 0 }
#samples > label { display: flex; align-items: center; gap: .75rem; font-weight: 600; font-size: .95rem } #sampled { flex: 1; max-width: 18rem; min-width: 6rem }
#texts article { margin-top: .9rem } #texts h3 span:last-child { font-weight: 400; color: var(--quiet) } #texts h3 .swatch { margin: 0 } #texts h3 { color: var(--ink) }
#texts p { margin: .3rem 0 .6rem; color: var(--ink); white-space: pre-wrap; overflow-wrap: anywhere } #texts b { display: block; font-weight: 400; color: var(--quiet) }
#texts { max-height: 28rem; overflow-y: auto }

#compare { border-top: 1px solid var(--line); padding-top: .75rem }
#compare > div:first-child { display: flex; gap: 1.5rem; align-items: baseline; flex-wrap: wrap } #compare label { font-size: .85rem }
#settings table { font-size: .85rem; margin-top: .5rem } #settings :is(th, td) { padding: .2rem 1.75rem .2rem 0; min-width: 7rem; max-width: 24rem; overflow-wrap: break-word }
#settings tbody [scope=row] { color: var(--quiet) } #settings [scope=rowgroup] { font-weight: 600; padding-top: .8rem } #settings thead th { font-weight: 500 }
.differs td { font-weight: 600 } .differs .mark { color: var(--accent); margin-left: .4rem; font-weight: 600 }
@media (min-width: 72rem) {
  #first:has(#samples:not([hidden])) { grid-template-columns: minmax(0, 1fr) minmax(18rem, 25rem) }
  #samples { border-top: 0; padding-top: 0 } #texts { max-height: clamp(240px, 42vh, 400px) }
}
@media (max-width: 68rem) { #runs :is(th, td) { padding-right: .7rem } #runs :is(th, td):nth-child(4) { display: none } }
@media (max-width: 40rem) {
  #runs thead, progress { display: none } #runs tr { display: flex; flex-wrap: wrap; gap: .1rem 1.25rem; padding: .6rem 0; border-bottom: 1px solid var(--line) }
  #runs tr > :is(th, td) { border: 0; padding: 0; text-align: left } #runs tr > th { flex: 1 1 60% } #runs td:nth-child(n + 3)::before { content: attr(data-name); display: block; color: var(--quiet); font-size: .75rem }
  #runs td:is(:nth-child(4), :nth-child(5), :nth-child(8), :nth-child(9)), #runs tr:has(.unreadable) td:nth-child(n + 3) { display: none }
  .key { margin-left: 0 } .canvas { margin-left: -.5rem; margin-right: -.5rem }
}
@media print { #controls, #sampled { display: none } }`;
