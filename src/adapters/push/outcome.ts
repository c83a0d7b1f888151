import { readRetryAfter, reasonOf } from '../../outbound/answer.ts'
import type { PushOutcome } from '../../ports/push.ts'

/** The longest wait that a push service may ask for. */
const MAX_RETRY_AFTER_MS = 6 * 60 * 60 * 1000

/** An answer after which the same push may succeed: too early, too many, or a fault of the push service. */
export function isTemporary(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500
}

export function retry(status: number, reason: string, retry_after: string | null | undefined, now: Date): PushOutcome {
  const of = status >= 500 ? 'service' : 'device'
  return { outcome: 'retry', of, reason, after_ms: readRetryAfter(retry_after ?? null, now, MAX_RETRY_AFTER_MS) }
}

/** The push service could not be reached. */
export function unreachable(error: unknown): PushOutcome {
  return { outcome: 'retry', of: 'service', after_ms: null, reason: reasonOf(error) }
}
