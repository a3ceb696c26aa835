// What the next step runs: one token of each text that is being continued, and as much of waiting prompts as the step has room for (continuous
// batching: Orca, Yu 2022; chunked prefill: Sarathi, Agrawal 2023). A pure function of who waits, who holds which pages, and how many can be had.
//
// Pages go by age: the older text has its way, and where pages are short the youngest gives its pages back, waits, and runs again later what they held
// (preemption by recomputation). Tokens of prompts are shared: the oldest prompt has half of them for certain, so that everybody's turn comes; the rest
// is for prompts with less than half as much left to read, the shortest first, so that a short one does not wait for a long one to end. Nearer lengths
// are read one after the other. Of two prompts with a and s tokens left, s the younger one's, sharing by halves ends them after 2s and a + s tokens, one
// after the other after a and a + s: sharing has the smaller mean where 2s < a.

/** A text as the plan sees it. */
export interface Candidate {
  /** Tokens that have to have run for what its caller asks; 0 while nothing is asked. */
  readonly target: number;
  /** What has run. */
  readonly table: { readonly pages: readonly number[]; readonly length: number };
}

export interface StepPlan<C> {
  /** How many of its next tokens each text runs. */
  readonly chunks: readonly { readonly text: C; readonly tokens: number }[];
  /** Texts that give all their pages back before. */
  readonly preempted: readonly C[];
}

export interface StepLimits {
  /** Pages that can be had without preemption. */
  available: number;
  /** Tokens in a page. */
  pageSize: number;
  /** Tokens of prompts in one step. */
  promptTokens: number;
}

/** @param texts by age, the oldest first */
export function planStep<C extends Candidate>(texts: readonly C[], limits: StepLimits): StepPlan<C> {
  const plan = planWith(texts, limits, (taker) => texts.slice(taker + 1).reverse());
  if (plan.chunks.length > 0) return plan;
  // Older texts hold the pages, and their callers ask for nothing: waiting for them could take forever.
  return planWith(texts, limits, (taker) => [
    ...texts.slice(taker + 1).reverse(),
    ...texts
      .slice(0, taker)
      .filter((text) => pending(text) <= 0)
      .reverse(),
  ]);
}

/** @param victims who would give pages to the text at an index, first to last */
function planWith<C extends Candidate>(
  texts: readonly C[],
  { available, pageSize, promptTokens }: StepLimits,
  victims: (taker: number) => readonly C[],
): StepPlan<C> {
  const preempted = new Set<C>();
  let free = available;
  /** Half a prompt in the cache serves nobody: it starts, and goes on, while there is room for all of it. */
  const missing = ({ target, table }: C): number => Math.max(0, Math.ceil(target / pageSize) - table.pages.length);

  // By age: a single token, which is never held up by prompts, and the oldest prompt.
  const oldest = texts.find((text) => pending(text) > 1);
  const ready = texts.filter((text, i) => {
    if (pending(text) <= 0 || preempted.has(text)) return false;
    // What an older text has given up just now is not for a prompt.
    if (pending(text) > 1 && (text !== oldest || texts.slice(0, i).some((each) => preempted.has(each)))) return false;
    const short = missing(text) - free;
    if (short > 0) {
      const holders = new Set(texts.filter((each) => each.table.pages.length > 0 && !preempted.has(each)));
      const givers = giversOf(short, holders, victims(i));
      if (!givers) return false;
      for (const giver of givers.texts) preempted.add(giver);
      free += givers.pages;
    }
    free -= missing(text);
    return true;
  });

  // Other prompts take nothing from anybody, nor what anybody has given up just now: first those that have begun, then the shortest. While elders whose
  // callers ask for nothing keep the first in line from running they all wait, so that it comes to that nobody can run, and those elders give.
  const first = texts.find((text) => pending(text) > 0);
  if (preempted.size > 0 || (first && !ready.includes(first))) free = Number.NEGATIVE_INFINITY;
  const others = texts
    .filter((text) => pending(text) > 1 && text !== oldest && !preempted.has(text))
    .sort((a, b) => Number(hasBegun(b)) - Number(hasBegun(a)) || pending(a) - pending(b))
    .filter((text) => {
      if (missing(text) > free) return false;
      free -= missing(text);
      return true;
    });

  const prompt = (text: C): Prompt & { text: C } => ({ text, left: pending(text) });
  const shares = shareTokens(oldest && ready.includes(oldest) ? prompt(oldest) : undefined, others.map(prompt), promptTokens);
  const runs = new Map(Array.from(shares, ([{ text }, tokens]) => [text, tokens]));
  for (const text of ready) if (pending(text) === 1) runs.set(text, 1);
  const chunks = texts.flatMap((text) => (runs.has(text) ? [{ text, tokens: runs.get(text)! }] : []));
  return { chunks, preempted: [...preempted] };
}

/** A prompt that has `left` tokens to read. */
interface Prompt {
  readonly left: number;
}

/** Tokens of one step for each prompt that gets any. @param others in any order; of equals the first is served first */
export function shareTokens<P extends Prompt>(oldest: P | undefined, others: readonly P[], promptTokens: number): Map<P, number> {
  const byLength = others.toSorted((a, b) => a.left - b.left);
  const shares = new Map<P, number>();
  let budget = promptTokens;
  const give = (prompt: P, most: number): void => {
    const had = shares.get(prompt) ?? 0;
    const tokens = Math.min(most, prompt.left - had, budget);
    if (tokens > 0) shares.set(prompt, had + tokens);
    budget -= tokens;
  };
  if (oldest) {
    give(oldest, Math.ceil(promptTokens / 2));
    for (const prompt of byLength) if (2 * prompt.left < oldest.left) give(prompt, budget);
    give(oldest, budget);
  }
  for (const prompt of byLength) give(prompt, budget);
  return shares;
}

function pending({ target, table }: Candidate): number {
  return target - table.length;
}

function hasBegun({ table }: Candidate): boolean {
  return table.pages.length > 0;
}

/**
 * The first of `victims` that free `wanted` pages together, and how many they free; undefined where all of them are too few. A page that another
 * holder has as well is not free.
 */
function giversOf<C extends Candidate>(
  wanted: number,
  holders: ReadonlySet<C>,
  victims: readonly C[],
): { texts: readonly C[]; pages: number } | undefined {
  const giving = victims.filter((victim) => holders.has(victim));
  if (giving.reduce((sum, { table }) => sum + table.pages.length, 0) < wanted) return undefined; // without a look at who shares what
  const uses = new Map<number, number>();
  for (const { table } of holders) for (const page of table.pages) uses.set(page, (uses.get(page) ?? 0) + 1);
  const texts: C[] = [];
  let pages = 0;
  for (const victim of giving) {
    if (pages >= wanted) break;
    texts.push(victim);
    for (const page of victim.table.pages) {
      const left = uses.get(page)! - 1;
      uses.set(page, left);
      if (left === 0) pages++;
    }
  }
  return pages >= wanted ? { texts, pages } : undefined;
}
