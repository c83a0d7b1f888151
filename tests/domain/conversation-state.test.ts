import { describe, expect, test } from 'bun:test'
import { ConversationState, type Loaded } from '../../src/domain/log/conversation-state.ts'
import type { ConversationDraft } from '../../src/domain/log/entry.ts'
import { allNeedsOf, sendKeyOf } from '../../src/domain/log/needs.ts'
import type { RowChange, RowWriters } from '../../src/domain/log/rows.ts'
import { direct, group, said } from '../support/drafts.ts'

const [ADA, BOB, CY, ROOM] = [Bun.randomUUIDv7(), Bun.randomUUIDv7(), Bun.randomUUIDv7(), Bun.randomUUIDv7()]
const making = { at: '2026-11-24T09:30:00.000Z', ids: () => Bun.randomUUIDv7() }
const NOTHING: Loaded = {
  stream: ROOM,
  conversation: null,
  last_change: 0,
  messages: [],
  pins: [],
  invites: [],
  members: [],
  sends: new Map(),
  files: new Set<string>(),
  direct_id: null,
}
const renamed: ConversationDraft = { event: 'conversation.updated', actor_id: ADA, patch: { name: 'Attic' } }
const pinned = (message_id: string): ConversationDraft => ({ event: 'message.pinned', message_id, user_id: ADA })

function room(): ConversationState {
  const state = new ConversationState(NOTHING)
  expect(state.decide([group(ADA, BOB)], {}, making).outcome).toBe('committed')
  return state
}

describe('the state of a conversation', () => {
  test('the state decides several appends one after the other, each on the result of those before it', () => {
    const state = room()
    const hello = said(ADA, 'hello')
    expect(state.decide([hello], { access_change: 1 }, making).outcome).toBe('committed')
    expect(state.decide([pinned(hello.message.id)], {}, making).outcome).toBe('committed')
    expect(state.decide([pinned(hello.message.id)], {}, making)).toEqual({ outcome: 'unchanged' })
    expect(state.conversation).toMatchObject({ last_change: 3, last_seq: 1 })
    expect(state.applied.map(({ entry }) => entry.change)).toEqual([1, 2, 3])
  })

  test('the state takes all drafts of an append or none of them', () => {
    const state = room()
    const added: ConversationDraft = {
      event: 'member.added',
      actor_id: ADA,
      members: [{ user_id: CY, role: 'member' }],
    }
    const refused = state.decide([added, renamed, pinned(Bun.randomUUIDv7())], {}, making)
    expect(refused).toEqual({ outcome: 'refused', code: 'not_found' })
    expect(state.conversation).toMatchObject({ name: 'Kitchen', last_change: 1, participant_count: 2 })
    expect(state.applied).toHaveLength(1)
    const left: ConversationDraft = { event: 'member.removed', actor_id: CY, user_ids: [CY] }
    expect(state.decide([left], {}, making)).toEqual({ outcome: 'unchanged' })
    expect(state.decide([added, left, renamed], {}, making).outcome).toBe('committed')
    expect(state.conversation).toMatchObject({ name: 'Attic', last_change: 4, last_seq: 3, participant_count: 2 })
  })

  test('the state recognises a repeated send, stored before or in it, and refuses appends with an old expected version', () => {
    const first = said(ADA, 'once', { client_id: 'c1' })
    const state = room()
    expect(state.decide([first], {}, making).outcome).toBe('committed')
    expect(state.decide([said(ADA, 'once', { client_id: 'c1' })], {}, making)).toEqual({
      outcome: 'repeat',
      seq: 1,
      change: 2,
    })
    expect(state.decide([said(BOB, 'once', { client_id: 'c1' })], { access_change: 2 }, making)).toEqual({
      outcome: 'conflict',
    })
    const sends = new Map([[sendKeyOf(first.message), { seq: 7, change: 9 }]])
    const conversation = state.conversation
    const later = new ConversationState({ ...NOTHING, conversation, last_change: 3, sends })
    expect(later.decide([first], {}, making)).toEqual({ outcome: 'repeat', seq: 7, change: 9 })
  })

  test('the state creates nothing under an id or for a pair that is taken', () => {
    expect(room().decide([group(ADA)], {}, making)).toEqual({ outcome: 'exists', conversation_id: ROOM })
    const taken = new ConversationState({ ...NOTHING, direct_id: CY })
    expect(taken.decide([group(ADA)], {}, making)).toEqual({ outcome: 'exists', conversation_id: CY })
    const purged = new ConversationState({ ...NOTHING, last_change: 9 })
    expect(purged.decide([group(ADA)], {}, making)).toEqual({ outcome: 'exists', conversation_id: ROOM })
    expect(purged.decide([renamed], {}, making)).toEqual({ outcome: 'refused', code: 'not_found' })
  })

  test('the state replays entries onto rows that are ahead of them without writing the message again', () => {
    const live = room()
    const hello = said(ADA, 'hello')
    live.decide([hello], {}, making)
    const before = {
      ...NOTHING,
      conversation: live.conversation,
      last_change: 2,
      messages: [...live.messages.values()],
    }
    const edit: ConversationDraft = {
      event: 'message.updated',
      message_id: hello.message.id,
      patch: { content: 'bye' },
    }
    live.decide([edit], {}, making)
    const entries = live.applied.slice(2).map(({ entry }) => entry)
    const kinds = (state: ConversationState) => state.applied.flatMap(({ rows }) => rows.map(({ row }) => row))
    const behind = new ConversationState(before)
    behind.replay(entries)
    expect(kinds(behind)).toEqual(['conversation', 'version', 'message'])
    const ahead = new ConversationState({ ...before, messages: [...live.messages.values()] })
    ahead.replay(entries)
    expect(kinds(ahead)).toEqual(['conversation'])
    expect(ahead.conversation).toEqual(behind.conversation)
  })

  test('the state replays the entries before a purge onto a store that has removed their messages', () => {
    const live = room()
    const hello = said(ADA, 'hello')
    live.decide([hello], {}, making)
    const loaded = { ...NOTHING, conversation: live.conversation, last_change: 2 }
    live.decide([pinned(hello.message.id)], {}, making)
    live.decide([{ event: 'conversation.deleted' }], {}, making)
    const state = new ConversationState(loaded)
    state.replay(live.applied.slice(2).map(({ entry }) => entry))
    expect(state.conversation).toBeNull()
    expect(state.last_change).toBe(4)
  })

  test('a message mentions each user once, and never the sender', () => {
    const state = room()
    state.decide([said(ADA, 'you two', { mentions: [BOB, BOB, ADA] })], {}, making)
    const rows = state.applied.at(-1)?.rows ?? []
    expect(rows.filter(({ row }) => row === 'mentions')).toEqual([{ row: 'mentions', seq: 1, user_ids: [BOB] }])
  })
})

test('the needs of several drafts are loaded together, with as many first members as may leave', () => {
  const removed: ConversationDraft = { event: 'member.removed', actor_id: ADA, user_ids: [BOB, CY] }
  const hello = said(ADA, 'hello', { client_id: 'c1' })
  expect(allNeedsOf([removed, renamed, hello, pinned('m1')])).toEqual({
    message_ids: ['m1'],
    pinned_ids: ['m1'],
    user_ids: [BOB, CY],
    first_members: 102,
    sends: [hello.message],
    invite_codes: [],
    file_ids: [],
    pair: null,
  })
  expect(allNeedsOf([direct(BOB, ADA)]).pair).toBe([ADA, BOB].toSorted().join(':'))
})

/** A store that has no writer for a kind of row change does not compile. */
export function incomplete(writers: RowWriters<null>): RowWriters<null> {
  const { pin: _pin, ...rest } = writers
  // @ts-expect-error the writer of pins is missing
  return rest
}

/** A writer takes the rows of its own kind only. */
export const mixed: Partial<RowWriters<null>> = {
  // @ts-expect-error a pin is not a version
  pin: (row: RowChange<'version'>) => void row,
}
