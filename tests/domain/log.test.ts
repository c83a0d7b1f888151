import { describe, expect, test } from 'bun:test'
import { decide, reacted } from '../../src/domain/log/decide.ts'
import type { ConversationDraft, ConversationEntry } from '../../src/domain/log/entry.ts'
import { project as projectRows } from '../../src/domain/log/project.ts'
import { rowsOf } from '../../src/domain/log/rows.ts'
import { Rejection, type State } from '../../src/domain/log/state.ts'

const [ADA, BOB, CY] = [Bun.randomUUIDv7(), Bun.randomUUIDv7(), Bun.randomUUIDv7()]
const ROOM = Bun.randomUUIDv7()
const AT = '2026-11-24T09:30:00.000Z'
const empty: State = { conversation: null, message: null, pin: null, members: [], participants: [], invite: null }

function place() {
  return { stream: ROOM, at: AT, ids: () => Bun.randomUUIDv7() }
}

function entryOf(draft: ConversationDraft, state: State): ConversationEntry {
  const decided = decide(draft, state, place())
  if (!decided || decided instanceof Rejection) throw new Error('no entry')
  return decided
}

/** The rows of an entry, by kind where there is one of it. */
function project(entry: ConversationEntry, state: State) {
  const rows = projectRows(entry, state)
  const [conversation] = rowsOf(rows, 'conversation')
  return {
    conversation: conversation?.put ?? null,
    message: rowsOf(rows, 'message')[0]?.put ?? null,
    version: rowsOf(rows, 'version')[0]?.put,
    blanked: rowsOf(rows, 'log.blanked')[0]?.changes,
    joined: rowsOf(rows, 'member').map(({ put }) => put),
    own: rowsOf(rows, 'user-stream').map(({ append }) => append),
  }
}

function group(): { state: State; entry: ConversationEntry } {
  const settings = { name: 'Engines', topic: null, visibility: 'private' as const }
  const conversation = { type: 'group' as const, ...settings, created_by: ADA }
  const entry = entryOf({ event: 'conversation.created', conversation, member_ids: [ADA, BOB] }, empty)
  const projection = project(entry, empty)
  const members = projection.joined
  return { entry, state: { ...empty, conversation: projection.conversation, members } }
}

function sent(state: State): State {
  const message = {
    id: Bun.randomUUIDv7(),
    sender_id: ADA,
    client_id: 'c1',
    type: 'text' as const,
    content: 'hello',
    attachments: [],
    reply_to: null,
    mentions: [BOB],
    metadata: { a: 1 },
  }
  const { conversation, message: stored } = project(
    entryOf({ event: 'message.created', message, digest: 'd' }, state),
    state,
  )
  return { ...state, conversation, message: stored }
}

describe('the log of a conversation', () => {
  test('the log begins with all members, with the creator as owner of a group', () => {
    const { entry, state } = group()
    expect(entry.change).toBe(1)
    expect(state.members.map(member => [member.user_id, member.role])).toEqual([
      [ADA, 'owner'],
      [BOB, 'member'],
    ])
    expect(state.conversation).toMatchObject({ last_change: 1, last_seq: 0, access_change: 1, participant_count: 2 })
  })

  test('the log numbers messages by seq and every change by change', () => {
    const state = sent(group().state)
    expect(state.conversation).toMatchObject({ last_change: 2, last_seq: 1, access_change: 1 })
    expect(state.message).toMatchObject({ seq: 1, change: 2, text_changes: [2], digest: 'd' })
  })

  test('a draft that changes nothing appends nothing', () => {
    const state = sent(group().state)
    const id = state.message?.id ?? ''
    const nothing: ConversationDraft[] = [
      { event: 'conversation.updated', actor_id: ADA, patch: { name: 'Engines' } },
      { event: 'member.added', actor_id: ADA, members: [{ user_id: BOB, role: 'member' }] },
      { event: 'member.removed', actor_id: ADA, user_ids: [CY] },
      { event: 'message.updated', message_id: id, patch: { content: 'hello', metadata: { a: 1 } } },
      { event: 'message.reacted', message_id: id, user_id: BOB, emoji: 'x', added: false },
      { event: 'message.unpinned', message_id: id, user_id: BOB },
    ]
    for (const draft of nothing) expect(decide(draft, state, place())).toBeNull()
  })

  test('the log keeps the earlier text of an edit, and no text of a deleted message', () => {
    const state = sent(group().state)
    const message_id = state.message?.id ?? ''
    const edit = project(entryOf({ event: 'message.updated', message_id, patch: { content: 'bye' } }, state), state)
    expect(edit.version).toEqual({ message_id, change: 2, content: 'hello', edited_at: AT })
    expect(edit.message).toMatchObject({ content: 'bye', metadata: { a: 1 }, text_changes: [2, 3], edited_at: AT })
    const after = { ...state, conversation: edit.conversation, message: edit.message }
    const deletion = entryOf({ event: 'message.deleted', message_id }, after)
    const gone = project(deletion, after)
    expect(JSON.stringify(deletion)).not.toContain('bye')
    expect(gone.message).toMatchObject({ content: null, metadata: null, mentions: [BOB], text_changes: [2, 3], seq: 1 })
    expect(gone.blanked).toEqual([2, 3])
  })

  test('a tombstone cannot be changed, and a 21st kind of reaction is refused', () => {
    let state = sent(group().state)
    const message_id = state.message?.id ?? ''
    for (let kind = 0; kind < 20; kind += 1) {
      const draft = { event: 'message.reacted' as const, message_id, user_id: BOB, emoji: `e${kind}`, added: true }
      const { conversation, message } = project(entryOf(draft, state), state)
      state = { ...state, conversation, message }
    }
    const more = decide(
      { event: 'message.reacted', message_id, user_id: BOB, emoji: 'more', added: true },
      state,
      place(),
    )
    expect(more).toEqual(new Rejection('too_many_reactions'))
    const known = decide(
      { event: 'message.reacted', message_id, user_id: ADA, emoji: 'e3', added: true },
      state,
      place(),
    )
    expect(known).not.toBeInstanceOf(Rejection)
    const { message } = project(entryOf({ event: 'message.deleted', message_id }, state), state)
    const dead = { ...state, message }
    const edit = decide({ event: 'message.updated', message_id, patch: { content: 'x' } }, dead, place())
    expect(edit).toEqual(new Rejection('gone'))
  })

  test('members who join get the whole conversation and start with everything read', () => {
    const state = sent(group().state)
    const added = entryOf(
      { event: 'member.added', actor_id: ADA, members: [{ user_id: CY, role: 'admin' }] },
      { ...state, members: [] },
    )
    const projection = project(added, { ...state, participants: state.members })
    expect(projection.joined).toMatchObject([
      { user_id: CY, role: 'admin', read_seq: 2, read_at_seq: 2, joined_change: 3 },
    ])
    expect(projection.own).toMatchObject([
      {
        user_id: CY,
        event: 'conversation.joined',
        data: { conversation: { participant_count: 3, last_seq: 2, last_change: 3 } },
      },
    ])
    expect(projection.message).toMatchObject({
      type: 'system',
      seq: 2,
      sender_id: ADA,
      metadata: { event: 'member.added' },
    })
  })
})

describe('reactions', () => {
  test('reactions keep the order in which users reacted, and disappear with the last one', () => {
    const one = reacted([], { emoji: 'a', user_id: ADA, added: true })
    const two = reacted(one, { emoji: 'a', user_id: BOB, added: true })
    expect(two).toEqual([{ emoji: 'a', user_ids: [ADA, BOB] }])
    expect(reacted(two, { emoji: 'a', user_id: ADA, added: true })).toBe(two)
    const left = reacted(two, { emoji: 'a', user_id: ADA, added: false })
    expect(reacted(left, { emoji: 'a', user_id: BOB, added: false })).toEqual([])
  })
})
