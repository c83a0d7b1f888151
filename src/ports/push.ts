import type { PushTarget } from '../domain/push.ts'
import type { PushMessage } from '../domain/push-message.ts'

export type { PushTarget } from '../domain/push.ts'
export { MAX_PUSH_BYTES, type PushMessage } from '../domain/push-message.ts'

export type PushOutcome =
  | { readonly outcome: 'delivered' }
  /** The push service no longer knows the device: it must be removed. */
  | { readonly outcome: 'gone' }
  /** It may succeed later; `after_ms` is the least time that the push service asks for, null if it names none. */
  | {
      readonly outcome: 'retry'
      readonly after_ms: number | null
      readonly reason: string
      /** `device`: the push service refuses this device for now. `service`: it cannot be reached, or fails. */
      readonly of: 'device' | 'service'
    }
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
