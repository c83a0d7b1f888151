/** The figures of one round. The first one is compared. */
export type Figures = Record<string, number>

export interface Comparison {
  name: string
  unit: string
  goal: number
  /** Whether a higher or a lower figure is better. */
  better: 'higher' | 'lower'
  ours: () => Promise<Figures>
  bare: () => Promise<Figures>
  /** Awaited after each round of either side, so that its work is not part of what is measured next. */
  settled?: () => Promise<void>
}

export interface Verdict {
  name: string
  unit: string
  ours: number
  bare: number
  ratio: number
  goal: string
  met: boolean
}

/** Runs both sides in the order A B B A …, prints every round and compares the medians. */
export async function compare(comparison: Comparison, rounds: number): Promise<Verdict> {
  const { name, unit, goal, better, ours, bare, settled } = comparison
  const results: { ours: Figures[]; bare: Figures[] } = { ours: [], bare: [] }
  for (let round = 0; round < rounds; round += 1) {
    const order = round % 2 === 0 ? (['ours', 'bare'] as const) : (['bare', 'ours'] as const)
    for (const side of order) {
      const figures = await (side === 'ours' ? ours() : bare())
      await settled?.()
      results[side].push(figures)
      const shown = Object.entries(figures).map(([key, value]) => `${key} ${format(value)}`)
      console.log(`  ${name} round ${round + 1} ${side}: ${shown.join('  ')}`)
    }
  }
  const [mine, theirs] = [median(results.ours.map(firstOf)), median(results.bare.map(firstOf))]
  const ratio = mine / theirs
  const met = better === 'higher' ? ratio >= goal : ratio <= goal
  return { name, unit, ours: mine, bare: theirs, ratio, goal: `${better === 'higher' ? '≥' : '≤'} ${goal}`, met }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
}

function firstOf(figures: Figures): number {
  return Object.values(figures)[0] ?? 0
}

export function format(value: number): string {
  return value >= 1_000 ? Math.round(value).toLocaleString('en') : value.toFixed(2)
}
