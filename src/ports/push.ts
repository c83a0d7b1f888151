import type { PushTarget } from '../domain/push.ts'

export type { PushTarget } from '../domain/push.ts'

/** One push, in terms that every platform has. */
export interface PushMessage {
  /** What the app gets. With `alert` at most `MAX_PUSH_BYTES` of JSON. */
  readonly data: Readonly<Record<string, string | number>>
  /**
   * Text that the platform shows by itself. `null`: the push carries no text and the app shows what it fetches. `'silent'`: the
   * app is woken and shows nothing.
   */
  readonly alert: { readonly title: string; readonly body: string } | null | 'silent'
  /** The number on the app's icon. */
  readonly badge: number | null
  /** A later push with the same key replaces this one, also where it is shown. 1–32 characters of base64url. */
  readonly collapse_key: string
  /** How long the push service keeps it for a device that is away. */
  readonly ttl_seconds: number
}

/** Bytes of a push's data and text as JSON, which every platform takes: 3,993 (Web Push), 4,096 (APNs, FCM), less what is added. */
export const MAX_PUSH_BYTES = 3_000

export type PushOutcome =
  | { readonly outcome: 'delivered' }
  /** The push service no longer knows the device: it must be removed. */
  | { readonly outcome: 'gone' }
  /** It may succeed later; `after_ms` is the least time that the push service asks for, null if it names none. */
  | { readonly outcome: 'retry'; readonly after_ms: number | null; readonly reason: string }
  /** It will not succeed, but another push to the device may. */
  | { readonly outcome: 'rejected'; readonly reason: string }

/** What is wrong with a target: the field of the registration and the rule that it breaks. */
export interface TargetProblem {
  readonly path: string
  readonly message: string
}

/**
 * Sends pushes to devices. A port, so that handlers and deliveries know no push service.
 *
 * - Neither method rejects. What goes wrong is part of the answer, and no reason holds an endpoint, a token or a text.
 * - A call ends within 15 s.
 * - `delivered` says that the push service has taken the push, not that the device has it.
 */
export interface PushSender extends AsyncDisposable {
  /** Why a device with this target cannot be registered; null if it can. Sends nothing to the target. */
  check(target: PushTarget): Promise<TargetProblem | null>
  send(target: PushTarget, message: PushMessage): Promise<PushOutcome>
}
