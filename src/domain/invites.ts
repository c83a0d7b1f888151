import type { Invite } from '../../contracts/invites.ts'
import type { InviteRecord } from './records.ts'

/** Whether nobody can join by it any more: revoked, expired or used up (specification, Groups). */
export function hasEnded({ revoked_at, expires_at, max_uses, uses }: InviteRecord, at: string): boolean {
  if (revoked_at !== null || (expires_at !== null && expires_at <= at)) return true
  return max_uses !== null && uses >= max_uses
}

export function toInvite(invite: InviteRecord): Invite {
  const { code, conversation_id, created_by, expires_at, max_uses, uses, created_at } = invite
  return { code, conversation_id, created_by, expires_at, max_uses, uses, created_at }
}
