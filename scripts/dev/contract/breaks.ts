import { breakingChanges } from './breaking.ts'
import type { Snapshot } from './snapshot.ts'

/** docs/contract/breaks.json: for each feature level, the breaking changes that came with it, as the check words them. */
export type Breaks = Readonly<Record<string, readonly string[]>>

/**
 * What is wrong with the breaking changes between the released contract and the one of the source; empty: nothing. Each must
 * be named under a level that is newer than the released one, and nothing else may be named there. Levels that are released
 * stay in the file as they are, and excuse nothing.
 */
export function breakFaults(before: Snapshot, after: Snapshot, breaks: Breaks, today: string): string[] {
  const levels = Object.keys(breaks).map(Number)
  const named = levels.filter(level => level > before.feature_level).flatMap(level => breaks[level] ?? [])
  // Without a date: a break that was named does not become a wrong entry when the sunset comes.
  const all = breakingChanges(before, after, '')
  return [
    ...breakingChanges(before, after, today)
      .filter(each => !named.includes(each))
      .map(each => `not named: ${each}`),
    ...named.filter(each => !all.includes(each)).map(each => `named, but no break: ${each}`),
    ...levels
      .filter(level => !(Number.isInteger(level) && level >= 1 && level <= after.feature_level))
      .map(level => `there is no feature level ${level}`),
  ]
}
