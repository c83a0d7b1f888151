import { expect } from 'bun:test'
import type { ConversationEntry, UserEntry } from '../../src/domain/log/entry.ts'
import { projectUserEntry } from '../../src/domain/log/user-stream.ts'
import { project } from '../../src/domain/log/project.ts'
import { writeRow, type RowWriters } from '../../src/domain/log/rows.ts'
import type {
  ContactRecord,
  ConversationRecord,
  MemberRecord,
  MessageRecord,
  PinRecord,
  VersionRecord,
} from '../../src/domain/records.ts'
import { marker } from '../../src/domain/unread.ts'
import type { Storage, StoredEntry } from '../../src/ports/storage.ts'

const PAGE = 500

interface Told {
  conversation: ConversationRecord | null
  messages: Map<string, MessageRecord>
  pins: Map<string, PinRecord>
  versions: Map<string, VersionRecord[]>
  members: Map<string, MemberRecord>
}

const NOTHING: Told = {
  conversation: null,
  messages: new Map(),
  pins: new Map(),
  versions: new Map(),
  members: new Map(),
}

/**
 * Replays the log in memory with the domain's functions, and expects the same from every read of the store: nothing lost,
 * nothing repeated, no gap, no row that differs. User streams, contacts and preferences are compared for the given users only.
 */
export async function auditStore(storage: Storage, conversation_ids: readonly string[], user_ids: readonly string[]) {
  const heads = await storage.log.lastChanges(conversation_ids)
  try {
    await audit(storage, conversation_ids, user_ids)
  } catch (error) {
    // A read may have completed an append of a process that crashed: then the log is longer than when it was replayed.
    if (Bun.deepEquals(heads, await storage.log.lastChanges(conversation_ids))) throw error
    await auditStore(storage, conversation_ids, user_ids)
  }
}

async function audit(storage: Storage, conversation_ids: readonly string[], user_ids: readonly string[]) {
  const own = new Map<string, StoredEntry[]>()
  for (const user_id of user_ids) own.set(user_id, await wholeLog(storage, user_id))
  for (const [user_id, entries] of own) {
    await expectSameContacts(storage, user_id, entries)
    await expectSamePreferences(storage, user_id, entries)
  }
  for (const id of conversation_ids) {
    const entries = await wholeLog(storage, id)
    // A purged conversation keeps its numbers and nothing else.
    if (entries.at(-1)?.event === 'conversation.deleted') {
      await expectSame(storage, id, NOTHING, own)
      continue
    }
    expectCauses(entries, id, own)
    await expectSame(storage, id, tell(entries), own)
  }
}

async function wholeLog(storage: Storage, stream: string): Promise<StoredEntry[]> {
  const entries: StoredEntry[] = []
  for (;;) {
    const page = await storage.log.read(stream, entries.length, PAGE)
    entries.push(...page)
    if (page.length === 0) break
  }
  expect(entries.map(entry => entry.change)).toEqual(entries.map((_, index) => index + 1))
  expect((await storage.log.lastChanges([stream])).get(stream)).toBe(entries.length)
  const seqs = entries.flatMap(entry => entry.seq ?? [])
  expect(seqs).toEqual(seqs.map((_, index) => index + 1))
  return entries
}

/** An entry as the domain has it, without `hidden`. */
function opened({ stream, change, event, seq, at, json }: StoredEntry) {
  return { stream, change, event, seq, at, data: JSON.parse(json) as unknown, hidden: null }
}

function tell(entries: readonly StoredEntry[]): Told {
  const told: Told = {
    conversation: null,
    messages: new Map(),
    pins: new Map(),
    versions: new Map(),
    members: new Map(),
  }
  for (const entry of entries.map(each => opened(each) as ConversationEntry)) {
    const id = 'message_id' in entry.data ? entry.data.message_id : 'id' in entry.data ? entry.data.id : ''
    const members = [...told.members.values()]
    const state = { conversation: told.conversation, message: told.messages.get(id) ?? null, pin: null, members }
    for (const row of project(entry, { ...state, participants: [], invite: null })) writeRow(RETOLD, row, told)
  }
  return told
}

const nothing = () => undefined
const RETOLD: RowWriters<Told> = {
  conversation({ put }, told) {
    told.conversation = put
  },
  member: ({ put }, { members }) => void members.set(put.user_id, put),
  'member.role': ({ user_id, role }, { members }) => change(members, user_id, { role }),
  'member.sent': ({ user_id, seq }, { members }) => change(members, user_id, { own_seq: seq }),
  'member.unsent': nothing,
  'member.left': ({ user_id }, { members }) => void members.delete(user_id),
  message: ({ put }, { messages }) => void messages.set(put.id, put),
  version: ({ put }, { versions }) => void versions.set(put.message_id, [...(versions.get(put.message_id) ?? []), put]),
  'versions.erased': ({ message }, { versions }) => void versions.delete(message.id),
  pin: ({ put }, { pins }) => void pins.set(put.message_id, put),
  'pin.dropped': ({ message_id }, { pins }) => void pins.delete(message_id),
  mentions: nothing,
  'mentions.dropped': nothing,
  'files.attached': nothing,
  'files.released': nothing,
  'log.blanked': nothing,
  'invite.used': nothing,
  'user-stream': nothing,
  purge: nothing,
}

function change(members: Told['members'], user_id: string, patch: Partial<MemberRecord>): void {
  const member = members.get(user_id)
  if (member) members.set(user_id, { ...member, ...patch })
}

/** Joined and left are once in the streams of the users who joined and left. */
function expectCauses(entries: readonly StoredEntry[], id: string, own: ReadonlyMap<string, StoredEntry[]>) {
  for (const [user_id, stream] of own) {
    const expected = entries.flatMap(entry => {
      if (entry.joined?.includes(user_id)) return ['conversation.joined']
      return entry.left?.includes(user_id) ? ['conversation.left'] : []
    })
    const found = stream.filter(({ event, json }) => {
      if (event === 'conversation.joined') return JSON.parse(json).conversation.id === id
      return event === 'conversation.left' && JSON.parse(json).conversation_id === id
    })
    expect(found.map(({ event }) => event as string)).toEqual(expected)
  }
}

async function expectSame(storage: Storage, id: string, told: Told, own: ReadonlyMap<string, StoredEntry[]>) {
  const conversation = await storage.conversations.find(id)
  expect(conversation).toEqual(told.conversation)
  const messages = await storage.messages.list(id, { ascending: true, limit: 100_000 })
  expect(messages.map(asLogged)).toEqual([...told.messages.values()].map(asLogged))
  for (const { id: message_id, deleted_at } of messages) {
    const versions = deleted_at === null ? (told.versions.get(message_id) ?? []) : []
    expect(await storage.messages.versions(message_id)).toEqual(versions)
  }
  const byMessage = (a: PinRecord, b: PinRecord) => (a.message_id < b.message_id ? -1 : 1)
  const pins = (await storage.messages.pins(id, null, 1_000)).toSorted(byMessage)
  expect(pins).toEqual([...told.pins.values()].toSorted(byMessage))
  const members = await storage.members.list(id, { ascending: true, limit: 100_000 })
  const expected = [...told.members.values()].toSorted((a, b) => (a.user_id < b.user_id ? -1 : 1))
  expect(members.map(member => member.user_id)).toEqual(expected.map(member => member.user_id))
  for (const [index, logged] of expected.entries()) {
    const member = members[index]
    const entries = own.get(logged.user_id)
    expect(member?.role).toBe(logged.role)
    if (member && entries) expect(withoutReceipt(member)).toEqual(withoutReceipt(withOwn(logged, entries)))
  }
  if (!conversation) return
  for (const member of members) {
    const after = marker(member)
    const unread = messages.filter(
      message =>
        message.seq > after &&
        message.sender_id !== member.user_id &&
        message.type !== 'system' &&
        message.deleted_at === null,
    )
    const mention_count = unread.filter(message => countsFor(message, member.user_id)).length
    expect(await storage.members.unread(member.user_id, [{ member, conversation }])).toEqual([
      { unread_count: unread.length, mention_count },
    ])
  }
}

/** Tests name in the metadata for whom a mention does not count, because the log does not show it. */
function countsFor({ mentions, metadata }: MessageRecord, user_id: string): boolean {
  const unmentioned = metadata?.['unmentioned']
  return mentions.includes(user_id) && !(Array.isArray(unmentioned) && unmentioned.includes(user_id))
}

async function expectSameContacts(storage: Storage, user_id: string, entries: readonly StoredEntry[]) {
  const told = new Map<string, ContactRecord>()
  for (const entry of entries.map(each => opened(each) as UserEntry)) {
    const row_change = projectUserEntry(entry, { member: null, contact: null })
    if (row_change?.row === 'contact') told.set(row_change.put.contact_id, row_change.put)
  }
  const kept = [...told.values()].filter(({ added_at, blocked_at }) => added_at !== null || blocked_at !== null)
  const found = await storage.contacts.list(user_id, 'all', { ascending: true, limit: 1_000 })
  // The log shows no receipts.
  const withoutReceipts: ContactRecord[] = found.map(contact => ({ ...contact, receipts: null }))
  expect(withoutReceipts).toEqual(kept.toSorted((a, b) => (a.contact_id < b.contact_id ? -1 : 1)))
}

async function expectSamePreferences(storage: Storage, user_id: string, entries: readonly StoredEntry[]) {
  const told = entries.flatMap(each => {
    const row_change = projectUserEntry(opened(each) as UserEntry, { member: null, contact: null })
    return row_change?.row === 'preferences' ? row_change.put : []
  })
  expect(await storage.preferences.find(user_id)).toEqual(told.at(-1) ?? null)
}

/** Markers and settings since the last joining. */
function withOwn(member: MemberRecord, entries: readonly StoredEntry[]): MemberRecord {
  let now = member
  for (const entry of entries.map(each => opened(each) as UserEntry)) {
    if (entry.event === 'conversation.joined' && entry.data.conversation.id === member.conversation_id) {
      now = { ...member }
    } else if (
      (entry.event === 'read.updated' || entry.event === 'membership.updated') &&
      entry.data.conversation_id === member.conversation_id
    ) {
      const row_change = projectUserEntry(entry, { member: now, contact: null })
      if (row_change?.row === 'membership') now = row_change.put
    }
  }
  return now
}

/** Leaves out what the log does not show: digests, receipts, the numbers behind unread counts (the counts are compared), and edits in blanked entries. */
function asLogged({ digest: _digest, ...message }: MessageRecord) {
  return message.deleted_at === null ? message : { ...message, edited_at: null, text_changes: [] }
}

function withoutReceipt({
  receipt_seq: _seq,
  receipt_at: _at,
  read_countable: _read_countable,
  own_unread: _own_unread,
  own_countable: _own_countable,
  ...member
}: MemberRecord) {
  return member
}
