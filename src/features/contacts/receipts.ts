import type { Receipt } from '../../../contracts/entities.ts'
import { maySeeActivity } from '../../domain/blocking.ts'
import { receiptOf, seenReceipt, type Rows } from '../../domain/receipts.ts'
import type { ContactRecord, MemberRecord, SeenReceipt } from '../../domain/records.ts'
import type { Storage } from '../../ports/storage.ts'

type Reads = Pick<Storage, 'contacts' | 'log' | 'members'>

/** The receipts of members as the viewer sees them, in the order given. */
export async function seenReceipts(
  storage: Reads,
  viewer_id: string,
  members: readonly MemberRecord[],
): Promise<Receipt[]> {
  const ids = members.map(({ user_id }) => user_id)
  const relations = await storage.contacts.relations(viewer_id, ids)
  return Promise.all(
    members.map(async member => {
      const { user_id } = member
      const { seq, at } = maySeeActivity(relations.get(user_id))
        ? receiptOf(member)
        : await seen(storage, member, await rowsOf(storage, viewer_id, user_id))
      return { user_id, last_read_seq: seq, at }
    }),
  )
}

/** The receipts that two users see of each other now, in every conversation that they share; a block that begins keeps them. */
export async function receiptsBetween(
  storage: Reads,
  user_id: string,
  other_id: string,
): Promise<ContactRecord['receipts']> {
  const [own, others, { mine, theirs }] = await Promise.all([
    storage.members.ofUser(user_id),
    storage.members.ofUser(other_id),
    rowsOf(storage, user_id, other_id),
  ])
  const byId = new Map(others.map(({ member }) => [member.conversation_id, member]))
  const shared = own.flatMap(({ member }) => {
    const other = byId.get(member.conversation_id)
    return other ? [{ member, other }] : []
  })
  const receipts = await Promise.all(
    shared.map(async ({ member, other }) => {
      const [seenByOther, seenByMe] = await Promise.all([
        seen(storage, member, { mine: theirs, theirs: mine }),
        seen(storage, other, { mine, theirs }),
      ])
      return [member.conversation_id, { mine: seenByOther, theirs: seenByMe }] as const
    }),
  )
  return Object.fromEntries(receipts)
}

async function seen({ log }: Pick<Reads, 'log'>, member: MemberRecord, rows: Rows): Promise<SeenReceipt> {
  const receipt = seenReceipt(member, rows)
  if (receipt) return receipt
  const [joined] = await log.read(member.conversation_id, member.joined_change - 1, 1)
  return { seq: Math.max(joined?.seq ?? 0, member.own_seq), at: null }
}

async function rowsOf({ contacts }: Pick<Reads, 'contacts'>, viewer_id: string, member_id: string): Promise<Rows> {
  const [mine, theirs] = await Promise.all([contacts.find(viewer_id, member_id), contacts.find(member_id, viewer_id)])
  return { mine, theirs }
}
