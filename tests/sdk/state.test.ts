import { describe, expect, test } from 'bun:test'
import * as fc from 'fast-check'
import type { EventFrame } from '../../src/sdk/index.ts'
import {
  MAX_MESSAGES,
  apply,
  applyOwn,
  messagesOf,
  stateOf,
  withMessages,
  withViewer,
  type ConversationState,
} from '../../src/sdk/store/state.ts'
import { ME, RoomModel, type Act } from './room-model.ts'

const VIEWER = { id: ME, role: 'EDITOR' as const }

const who = fc.constantFrom('bob', 'cy', 'dee')
const anybody = fc.oneof(who, fc.constant(ME))
const nth = fc.nat({ max: 40 })
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ act: fc.constant('send' as const), by: anybody, mentions: fc.subarray([ME, 'bob']) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ act: fc.constantFrom('edit' as const, 'delete', 'pin', 'read', 'unread'), nth }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      act: fc.constant('react' as const),
      nth,
      by: anybody,
      emoji: fc.constantFrom('👍', '👎'),
      added: fc.boolean(),
    }),
  },
  fc.record({ act: fc.constant('rename' as const), by: anybody }),
  fc.record({ act: fc.constantFrom('disable' as const, 'restore', 'pin-room') }),
  fc.record({ act: fc.constantFrom('add' as const, 'remove'), who }),
  fc.record({ act: fc.constant('role' as const), who: anybody, role: fc.constantFrom('owner', 'admin', 'member') }),
)
const acts = fc.array(act, { maxLength: 40 })

/** The events of both streams, each in its order, interleaved at random. */
function arrive(
  state: ConversationState,
  stream: readonly EventFrame[],
  own: readonly EventFrame[],
  network: readonly boolean[],
): ConversationState {
  const [left, right] = [[...stream], [...own]]
  let now = state
  for (let step = 0; left.length + right.length > 0; step += 1) {
    const first = right.length === 0 || (left.length > 0 && network[step % network.length]) ? left : right
    const frame = first.shift()
    if (frame) now = first === left ? apply(now, frame, VIEWER) : applyOwn(now, frame)
  }
  return now
}

const network = fc.array(fc.boolean(), { minLength: 1, maxLength: 50 })
describe('snapshot + events = fresh fetch', () => {
  test('snapshot and events agree with a fresh fetch for any events, whichever stream arrives first', () => {
    fc.assert(
      fc.property(acts, acts, nth, network, (before, later, loaded, order) => {
        const room = new RoomModel()
        for (const each of before) room.do(each)
        const from = 1 + (loaded % (room.messages().length + 1))
        const snapshot = stateOf(room.conversation(), room.messages(from))
        const heard = room.own.length
        for (const each of later) room.do(each)
        // The conversation's stream repeats what the snapshot has, as a replay does.
        const state = arrive(snapshot, room.stream, room.own.slice(heard), order)
        expect(state.conversation).toEqual(room.conversation())
        expect(messagesOf(state)).toEqual(room.messages(from))
        expect(state).toMatchObject({ held: null, stale: false })
      }),
      { numRuns: 400 },
    )
  })

  test('user events that the snapshot has already change nothing, or ask for another snapshot', () => {
    let exact = 0
    fc.assert(
      fc.property(acts, acts, nth, network, (before, later, back, order) => {
        const room = new RoomModel()
        for (const each of before) room.do(each)
        const snapshot = stateOf(room.conversation())
        const heard = Math.max(0, room.own.length - (back % 4))
        for (const each of later) room.do(each)
        const state = arrive(snapshot, room.stream, room.own.slice(heard), order)
        if (state.stale) return
        exact += 1
        expect(state.conversation).toEqual(room.conversation())
      }),
      { numRuns: 300 },
    )
    expect(exact).toBeGreaterThan(150)
  })

  test('a page of the history that was requested before events came is brought up to date by them', () => {
    fc.assert(
      fc.property(acts, acts, acts, (first, second, third) => {
        const room = new RoomModel()
        for (const each of first) room.do(each)
        let state = stateOf(room.conversation())
        const asked = room.change
        for (const each of second) room.do(each)
        const page = room.messages()
        for (const each of third) room.do(each)
        for (const frame of room.stream) state = apply(state, frame, VIEWER)
        const since = room.stream.filter(({ change = 0 }) => change > asked)
        expect(messagesOf(withMessages(state, page, VIEWER, since))).toEqual(room.messages())
      }),
      { numRuns: 300 },
    )
  })
})

test('messages that are newer than their conversation never go back to an earlier state', () => {
  fc.assert(
    fc.property(acts, acts, (first, second) => {
      const room = new RoomModel()
      for (const each of first) room.do(each)
      const [conversation, early] = [room.conversation(), room.messages()]
      for (const each of second) room.do(each)
      const late = room.messages()
      let state = stateOf(conversation, late)
      for (const frame of room.stream) {
        state = apply(state, frame, VIEWER)
        expect(messagesOf(state)).toEqual(late)
      }
      expect(messagesOf(withMessages(state, early, VIEWER))).toEqual(late)
    }),
    { numRuns: 200 },
  )
})

describe('the room of somebody who reads', () => {
  function roomWith(...list: Act[]): RoomModel {
    const room = new RoomModel()
    for (const each of list) room.do(each)
    return room
  }
  const say = (by: string, ...mentions: string[]): Act => ({ act: 'send', by, mentions })

  test('a marker from another device waits for the messages before it', () => {
    const room = roomWith(say('bob'))
    const snapshot = stateOf(room.conversation())
    for (const each of [say('bob', ME), say('bob'), { act: 'read', nth: 2 } as const]) room.do(each)
    const [marker] = room.own
    if (!marker) throw new Error('the phone said nothing')
    const waiting = applyOwn(snapshot, marker)
    expect(waiting.conversation.me).toMatchObject({ last_read_seq: 0, unread_count: 1 })
    const state = room.stream.reduce((now, frame) => apply(now, frame, VIEWER), waiting)
    expect(state.conversation.me).toMatchObject({ last_read_seq: 2, unread_count: 1, mention_count: 0 })
  })

  test('a marker that is too old to be counted asks for a new snapshot', () => {
    const room = roomWith(say('bob'), { act: 'read', nth: 1 })
    const [marker] = room.own
    for (let index = 0; index < 5; index += 1) room.do(say('bob'))
    room.do({ act: 'read', nth: 3 })
    const snapshot = stateOf(room.conversation())
    if (!marker) throw new Error('nothing was read')
    expect(applyOwn(snapshot, marker)).toMatchObject({ stale: true, conversation: { me: { last_read_seq: 3 } } })
  })

  test('a marker 201 messages back is not remembered, one 200 back is', () => {
    for (const [messages, stale] of [
      [200, false],
      [201, true],
    ] as const) {
      const room = roomWith(say('bob'), say('bob'))
      const snapshot = stateOf(room.conversation())
      room.do({ act: 'read', nth: 1 })
      const [marker] = room.own
      for (let index = 0; index < messages; index += 1) room.do(say('bob'))
      if (!marker) throw new Error('nothing was read')
      const late = applyOwn(
        room.stream.reduce((now, frame) => apply(now, frame, VIEWER), snapshot),
        marker,
      )
      expect(late.stale).toBe(stale)
      if (!stale) expect(late.conversation).toEqual(room.conversation())
    }
  })

  test('who moves up into a full list of participants is in the event', () => {
    const room = new RoomModel()
    const crowd = Array.from({ length: 120 }, (_, index) => `guest ${index}`)
    for (const each of crowd) room.do({ act: 'add', who: each })
    const { participants, ...rest } = room.conversation()
    const snapshot = stateOf({ ...rest, participants: participants.slice(0, 100) })
    const after = (who: string) => {
      room.do({ act: 'remove', who })
      return room.stream.reduce((now, frame) => apply(now, frame, VIEWER), snapshot)
    }
    for (const who of ['guest 119', 'guest 3', 'guest 50']) {
      const state = after(who)
      expect(state.stale).toBe(false)
      expect(state.conversation.participants).toEqual(room.conversation().participants.slice(0, 100))
    }
  })

  test('the global role and the member role decide the permissions', () => {
    const state = stateOf(roomWith().conversation())
    expect(state.conversation.me?.permissions).toContain('conversations.update')
    const demoted = withViewer(state, { id: ME, role: 'USER' })
    expect(demoted.conversation.me?.permissions).not.toContain('conversations.update')
    expect(demoted.conversation.me?.permissions).toContain('messages.pin')
  })

  test('a conversation with too many messages keeps its newest ones only', () => {
    const room = roomWith(say('bob'))
    const [template] = room.messages()
    if (!template) throw new Error('bob said nothing')
    const many = Array.from({ length: MAX_MESSAGES }, (_, index) => ({ ...template, id: `old ${index}`, seq: index }))
    const full = withMessages(stateOf(roomWith().conversation()), many, VIEWER)
    const [, frame] = room.stream
    if (frame?.event !== 'message.created') throw new Error('bob was not heard')
    const state = apply(full, { ...frame, data: { ...frame.data, seq: MAX_MESSAGES } }, VIEWER)
    const ids = messagesOf(state).map(({ id }) => id)
    expect(ids).toHaveLength(MAX_MESSAGES)
    expect(ids[0]).toBe('old 1')
    expect(ids.at(-1)).toBe(template.id)
  })
})

test('an event member.removed that an earlier version stored without moved_up moves nobody up', () => {
  const room = new RoomModel()
  room.do({ act: 'add', who: 'bob' })
  const snapshot = stateOf(room.conversation())
  room.do({ act: 'remove', who: 'bob' })
  const last = room.stream.at(-1)
  if (last?.event !== 'member.removed') throw new Error('the model emits an event for the removal')
  const { moved_up: _absent, ...data } = last.data
  expect(apply(snapshot, { ...last, data }, VIEWER).conversation).toEqual(room.conversation())
})
