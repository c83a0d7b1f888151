import type { PushOutcome } from '../../ports/push.ts'

/** The longest wait that a push service may ask for. */
const MAX_RETRY_AFTER_MS = 6 * 60 * 60 * 1000

/** An answer after which the same push may succeed: too early, too many, or a fault of the push service. */
export function isTemporary(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500
}

export function retry(status: number, reason: string, retry_after: string | null | undefined, now: Date): PushOutcome {
  const of = status >= 500 ? 'service' : 'device'
  return { outcome: 'retry', of, reason, after_ms: readRetryAfter(retry_after ?? null, now) }
}

/** The push service could not be reached. */
export function unreachable(error: unknown): PushOutcome {
  return { outcome: 'retry', of: 'service', after_ms: null, reason: reasonOf(error) }
}

/** `Retry-After` in milliseconds: seconds or an HTTP date (RFC 9110, Section 10.2.3); null if it is neither. */
function readRetryAfter(value: string | null, now: Date): number | null {
  if (value === null) return null
  const ms = /^\d{1,9}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now.getTime()
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS)
}

/** The name or code of a network error, which holds no address. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'failed'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
