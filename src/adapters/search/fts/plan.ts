/**
 * How the caller's conversations limit a search. `join`: matches of the whole index, latest first, each looked up. `scope`:
 * conversations as terms of MATCH. `scan`: the texts of the conversations are compared one by one.
 */
export type Plan = 'join' | 'scope' | 'scan'

interface Sizes {
  /** Messages of the whole index that match, about. */
  matches: number
  /** Matches that are wanted. */
  wanted: number
  conversations: number
  /** Messages of these conversations. */
  messages: number
  /** Messages of the whole index. */
  all: number
}

/** Milliseconds per unit, measured on an index of 1,000,000 messages. */
const JOIN_MS = 0.000_45
const SCOPE_MS = 0.1
const SCAN_MS = 0.004
/** MATCH expressions stay below a length that FTS5's parser takes. */
const MAX_SCOPE = 64
const MAX_SCAN = 10_000

/** The plan that should cost least. */
export function planOf({ matches, wanted, conversations, messages, all }: Sizes): Plan {
  // Matches that are read before enough of them are of these conversations.
  const join = Math.min(matches, (wanted * all) / Math.max(1, messages)) * JOIN_MS
  const scope = conversations <= MAX_SCOPE ? conversations * SCOPE_MS : Infinity
  const scan = messages <= MAX_SCAN ? messages * SCAN_MS : Infinity
  if (scan < Math.min(join, scope)) return 'scan'
  return scope < join ? 'scope' : 'join'
}
