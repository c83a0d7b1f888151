import type { MemberRecord } from './records.ts'

type Candidate = Pick<MemberRecord, 'user_id' | 'role' | 'joined_change'>

/**
 * The user who becomes owner when no owner of `before` is in `after`: the admin who joined first, else the member who joined
 * first (specification, Groups). null: an owner is left, there was none before, or no member is left.
 */
export function nextOwner(before: readonly Candidate[], after: readonly Candidate[]): string | null {
  const owned = before.some(member => member.role === 'owner')
  if (!owned || after.some(member => member.role === 'owner')) return null
  return after.toSorted(seniority)[0]?.user_id ?? null
}

/** Admins before members, then in the order they joined. */
export function seniority(a: Candidate, b: Candidate): number {
  const rank = (member: Candidate) => (member.role === 'member' ? 1 : 0)
  return rank(a) - rank(b) || byJoining(a, b)
}

type Joined = Pick<MemberRecord, 'user_id' | 'joined_change'>

export function byJoining(a: Joined, b: Joined): number {
  return a.joined_change - b.joined_change || (a.user_id < b.user_id ? -1 : 1)
}

/** Whether a group has an owner apart from this member; `leaders` are its owners and admins. */
export function hasOtherOwner(leaders: readonly Candidate[], user_id: string): boolean {
  return leaders.some(member => member.role === 'owner' && member.user_id !== user_id)
}
