import type { Contract } from '../../../contracts/index.ts'
import { ascending } from '../../../contracts/fields.ts'
import type { Input, Output } from '../../../contracts/kit.ts'
import type { Context } from '../../context.ts'
import { decodeActivity, encodeActivity, pageFor, pageOf, toList } from '../../domain/paging.ts'
import type { ConversationRecord } from '../../domain/records.ts'
import type { InboxEntry } from '../../ports/storage.ts'
import { toConversations, type Access } from './view.ts'

type List = Contract['conversations']['list']
type Inbox = Contract['conversations']['inbox']

const idOf = ({ conversation }: Access) => conversation.id

export async function list(context: Context<List>, input: Input<List>): Promise<Output<List>> {
  const { caller, fail } = context
  if (input.scope === 'all' && caller.user.role !== 'ADMIN') return fail('forbidden')
  const { limit, order } = input
  const accesses = order === 'id' ? await byId(context, input) : await byActivity(context, input)
  return shown(context, accesses, limit, order)
}

async function byId({ caller, storage }: Context<List>, input: Input<List>): Promise<Access[]> {
  const { scope, disabled, sort = 'asc' } = input
  const page = pageFor({ ...input, sort })
  const memberships = await storage.members.ofUser(caller.id)
  if (scope === 'own') return pageOf(memberships.filter(matching(disabled)), idOf, page)
  return withMembers(await storage.conversations.listAll(disabled === undefined ? {} : { disabled }, page), memberships)
}

async function byActivity({ caller, storage, fail }: Context<List>, input: Input<List>): Promise<Access[]> {
  const { scope, disabled, sort = 'desc', start, limit } = input
  const after = start === undefined ? undefined : decodeActivity(start)
  if (after === null)
    return fail('validation_failed', {
      errors: [{ path: 'start', message: 'must be the next_start of the previous page' }],
    })
  const memberships = await storage.members.ofUser(caller.id)
  const page = { ascending: ascending(sort), limit: limit + 1, ...(after ? { after } : {}) }
  if (scope === 'own') return activityPage(memberships.filter(matching(disabled)), page)
  const filter = disabled === undefined ? {} : { disabled }
  return withMembers(await storage.conversations.listAllByActivity(filter, page), memberships)
}

export async function inbox(context: Context<Inbox>, input: Input<Inbox>): Promise<Output<Inbox>> {
  const { caller, storage, fail } = context
  const { archived, unread, sort, start, limit } = input
  const after = start === undefined ? undefined : decodeActivity(start)
  if (after === null)
    return fail('validation_failed', {
      errors: [{ path: 'start', message: 'must be the next_start of the previous page' }],
    })
  const memberships = (await storage.members.ofUser(caller.id)).filter(
    ({ member }) => archived === undefined || member.archived === archived,
  )
  const wanted = unread === undefined ? memberships : await byUnread(context, memberships, unread)
  const accesses = activityPage(wanted, { ascending: ascending(sort), limit: limit + 1, ...(after ? { after } : {}) })
  return shown(context, accesses, limit, 'activity')
}

/** The page as the caller sees it. By activity the next page starts after the last conversation's time, in case it moves. */
async function shown(
  { caller, storage }: Pick<Context<Inbox>, 'caller' | 'storage'>,
  accesses: readonly Access[],
  limit: number,
  order: 'id' | 'activity',
): Promise<Output<List>> {
  const conversations = await toConversations(storage, caller.user, accesses)
  const listed = toList(conversations, limit, ({ id }) => id)
  const last = accesses[listed.data.length - 1]
  if (order === 'id' || !listed.has_more || !last) return listed
  return { ...listed, next_start: encodeActivity(last.conversation) }
}

async function byUnread(
  { caller, storage }: Context<Inbox>,
  memberships: readonly InboxEntry[],
  unread: boolean,
): Promise<InboxEntry[]> {
  const counts = await storage.members.unread(caller.id, memberships)
  return memberships.filter((_member, index) => (counts[index]?.unread_count ?? 0) > 0 === unread)
}

function activityPage<T extends { conversation: ConversationRecord }>(
  items: readonly T[],
  page: { ascending: boolean; after?: { active_at: string; id: string }; limit: number },
): T[] {
  const key = ({ active_at, id }: { active_at: string; id: string }) => `${active_at} ${id}`
  const { after } = page
  return items
    .filter(({ conversation }) => !after || key(conversation) > key(after) === page.ascending)
    .filter(({ conversation }) => !after || key(conversation) !== key(after))
    .toSorted((a, b) => (key(a.conversation) < key(b.conversation) === page.ascending ? -1 : 1))
    .slice(0, page.limit)
}

const matching =
  (disabled: boolean | undefined) =>
  ({ conversation }: InboxEntry) =>
    disabled === undefined || conversation.disabled === disabled

export function withMembers(
  conversations: readonly ConversationRecord[],
  memberships: readonly InboxEntry[],
): Access[] {
  const members = new Map(memberships.map(membership => [membership.conversation.id, membership.member]))
  return conversations.map(conversation => ({ conversation, member: members.get(conversation.id) ?? null }))
}
