import type { InviteRecord } from '../domain/records.ts'
import type { Page } from './storage.ts'

/**
 * Invites to groups. `uses` follows from the log: an append that joins by an invite is decided on what it has admitted so far,
 * and moves it in the same step. So an invite never admits more than `max_uses`, and a join that is not stored uses nothing up.
 */
export interface Invites {
  /** Storing it again changes nothing. false: the conversation is purged or never was; then nothing is stored. */
  create(invite: InviteRecord): Promise<boolean>
  /** Also one that has ended; null once its conversation is purged. */
  find(code: string): Promise<InviteRecord | null>
  /** By id: those that are neither revoked nor expired at `now`. */
  list(conversation_id: string, now: string, page: Page): Promise<InviteRecord[]>
  /** By id: everything that the user has created, also what has ended. */
  ofUser(user_id: string, page: Page): Promise<InviteRecord[]>
  /** An append that begins afterwards does not join by it. The time of the first call stays. */
  revoke(code: string, now: string): Promise<void>
  /** As `revoke`, for everything that the user has created. */
  revokeAllOfUser(user_id: string, now: string): Promise<void>
}
