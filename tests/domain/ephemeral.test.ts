import { describe, expect, test } from 'bun:test'
import type { EphemeralEvent } from '../../contracts/events.ts'
import { hiddenFromAll, isShown, type Audience } from '../../src/domain/ephemeral.ts'

const LIMITS = { typing_most_members: 200 }
const room = (members: number, invisible = false): Audience => ({ conversation_id: 'room', members, invisible })
const shown = (event: EphemeralEvent, audience: Audience, viewer: Partial<Parameters<typeof isShown>[1]> = {}) =>
  !hiddenFromAll({ event, audience }, LIMITS) &&
  isShown({ event, about: 'ada', audience }, { id: 'bob', relation: undefined, asked: false, ...viewer })

describe('an event that is not stored', () => {
  test('typing is hidden by a block of either side, by invisibility and in a large conversation, and from oneself', () => {
    for (const event of ['typing.started', 'typing.stopped'] as const) {
      expect(shown(event, room(200))).toBe(true)
      expect(shown(event, room(201))).toBe(false)
      expect(shown(event, room(3, true))).toBe(false)
      expect(shown(event, room(3), { id: 'ada' })).toBe(false)
      expect(shown(event, room(3), { relation: { blocked_by_me: true, blocks_me: false } })).toBe(false)
      expect(shown(event, room(3), { relation: { blocked_by_me: false, blocks_me: true } })).toBe(false)
    }
  })

  test('a receipt is hidden by a block, and in a large conversation from sessions that did not ask for it', () => {
    expect(shown('receipt.updated', room(100))).toBe(true)
    expect(shown('receipt.updated', room(101))).toBe(false)
    expect(shown('receipt.updated', room(101), { asked: true })).toBe(true)
    expect(shown('receipt.updated', room(3, true))).toBe(true)
    const relation = { blocked_by_me: false, blocks_me: true }
    expect(shown('receipt.updated', room(101), { asked: true, relation })).toBe(false)
  })

  test('a changed profile is shown to all whom it is sent to, and to its user', () => {
    const audience = { user_ids: ['ada', 'bob'] }
    expect(shown('user.updated', audience, { relation: { blocked_by_me: false, blocks_me: true } })).toBe(true)
    expect(shown('user.updated', audience, { id: 'ada' })).toBe(true)
  })
})
