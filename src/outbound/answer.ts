/**
 * `Retry-After` in milliseconds, at most `most_ms`: seconds or an HTTP date (RFC 9110, Section 10.2.3); null if it is neither, or
 * absent.
 */
export function readRetryAfter(value: string | null, now: Date, most_ms: number): number | null {
  if (value === null) return null
  const ms = /^\d{1,9}$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - now.getTime()
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), most_ms)
}

/** The name or code of a network error, which holds no address. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'failed'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
