// What the next step runs: one token of each text that is being continued, and as much of waiting prompts as the step has room for (continuous
// batching: Orca, Yu 2022; chunked prefill: Sarathi, Agrawal 2023). A pure function of who waits, who holds which pages, and how many can be had.
//
// Texts come by age, and the older one has its way: prompts are read first come first served, and where pages are short the youngest text gives its
// pages back, waits, and runs again later what they held (preemption by recomputation).

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
  const chunks: { text: C; tokens: number }[] = [];
  const preempted = new Set<C>();
  let free = available;
  let budget = promptTokens;
  texts.forEach((text, i) => {
    const tokens = pending(text);
    if (tokens <= 0) return;
    // No later prompt overtakes one that has to wait.
    if (preempted.has(text)) budget = 0;
    // A single token is never held up by prompts.
    if (preempted.has(text) || (tokens > 1 && budget <= 0)) return;
    // Half a prompt in the cache serves nobody: it starts, and goes on, while there is room for all of it.
    const missing = Math.max(0, Math.ceil(text.target / pageSize) - text.table.pages.length);
    if (missing > free) {
      const holders = new Set(texts.filter((each) => each.table.pages.length > 0 && !preempted.has(each)));
      const givers = giversOf(missing - free, holders, victims(i));
      if (!givers) {
        if (tokens > 1) budget = 0;
        return;
      }
      for (const giver of givers.texts) preempted.add(giver);
      free += givers.pages;
    }
    free -= missing;
    const run = tokens > 1 ? Math.min(tokens, budget) : 1;
    if (tokens > 1) budget -= run;
    chunks.push({ text, tokens: run });
  });
  return { chunks, preempted: [...preempted] };
}

function pending({ target, table }: Candidate): number {
  return target - table.length;
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
