import { describe, expect, test } from 'bun:test'
import { ConversationState } from '../../src/domain/log/conversation-state.ts'
import type { ConversationDraft } from '../../src/domain/log/entry.ts'
import { rowsOf } from '../../src/domain/log/rows.ts'
import type { ConversationRecord, MemberRecord } from '../../src/domain/records.ts'
import {
  deletedBeyond,
  marker,
  markerOf,
  MAX_TOMBSTONES,
  unreadBeyond,
  withTombstone,
} from '../../src/domain/unread.ts'
import { group, said } from '../support/drafts.ts'

const [ADA, BOB] = [Bun.randomUUIDv7(), Bun.randomUUIDv7()]

/** A room in memory whose members' numbers are kept as a store keeps them, and whose messages are counted naively. */
class Room {
  readonly state = new ConversationState({
    stream: Bun.randomUUIDv7(),
    conversation: null,
    last_change: 0,
    messages: [],
    pins: [],
    invites: [],
    members: [],
    sends: new Map(),
    files: new Set<string>(),
    direct_id: null,
  })
  readonly members = new Map<string, MemberRecord>()
  #written = 0

  append(...drafts: ConversationDraft[]): void {
    this.state.decide(drafts, {}, { at: '2026-11-24T09:30:00.000Z', ids: () => Bun.randomUUIDv7() })
    for (const { rows } of this.state.applied.slice(this.#written)) {
      for (const { put } of rowsOf(rows, 'member')) this.members.set(put.user_id, put)
      for (const { user_id, seq, countable } of rowsOf(rows, 'member.sent'))
        this.#change(user_id, () => ({ own_seq: seq, own_countable: countable }))
      for (const { user_id, seq } of rowsOf(rows, 'member.unsent'))
        this.#change(user_id, ({ read_seq, own_unread }) =>
          read_seq < seq && own_unread > 0 ? { own_unread: own_unread - 1 } : {},
        )
    }
    this.#written = this.state.applied.length
  }

  /** As `read.updated` does: the numbers at the new marker, and own messages beyond it. */
  mark(user_id: string, seq: number): void {
    const own_unread = this.messages().filter(
      message => message.seq > seq && message.sender_id === user_id && message.type !== 'system' && !message.deleted_at,
    ).length
    const read_countable = this.messages().find(message => message.seq === seq)?.countable ?? 0
    const read_at_seq = this.conversation.last_seq
    this.#change(user_id, () => ({ read_seq: seq, read_at_seq, read_countable, own_unread }))
  }

  get conversation(): ConversationRecord {
    const { conversation } = this.state
    if (!conversation) throw new Error('no conversation')
    return conversation
  }

  messages() {
    return [...this.state.messages.values()]
  }

  /** What the stored numbers say, and what counting says. */
  unread(user_id: string): { stored: number; counted: number } {
    const member = this.#member(user_id)
    const after = marker(member)
    const beyond = this.messages().filter(({ seq, type }) => seq > after && type !== 'system')
    const counted = beyond.filter(({ sender_id, deleted_at }) => sender_id !== user_id && !deleted_at).length
    const deleted = beyond.filter(({ deleted_at }) => deleted_at).length
    const known = deletedBeyond(after, this.conversation)
    if (known !== null) expect(known).toBe(deleted)
    const stored = unreadBeyond(markerOf(member), this.conversation, known ?? deleted)
    expect(markerOf(member).seq).toBe(after)
    return { stored, counted }
  }

  #member(user_id: string): MemberRecord {
    const member = this.members.get(user_id)
    if (!member) throw new Error('no member')
    return member
  }

  #change(user_id: string, patch: (member: MemberRecord) => Partial<MemberRecord>): void {
    const member = this.members.get(user_id)
    if (member) this.members.set(user_id, { ...member, ...patch(member) })
  }
}

/** A generator of numbers below 1 that a failing run can repeat. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return state / 2 ** 31
  }
}

describe('unread counts', () => {
  test('from stored numbers are those that counting gives, whatever happens in a room', () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const next = random(seed)
      const one = <T>(items: readonly T[]): T | undefined => items[Math.floor(next() * items.length)]
      const room = new Room()
      room.append(group(ADA, BOB))
      for (let step = 0; step < 80; step += 1) {
        const who = next() < 0.5 ? ADA : BOB
        const message_id = one(room.messages().filter(({ type }) => type !== 'system'))?.id
        const action = next()
        if (action < 0.45) room.append(said(who, `${step}`))
        else if (action < 0.6) room.mark(who, Math.floor(next() * (room.conversation.last_seq + 1)))
        else if (action < 0.75 && message_id) room.append({ event: 'message.deleted', message_id })
        else if (action < 0.85)
          room.append({ event: 'conversation.updated', actor_id: who, patch: { name: `${step}` } })
        else if (action < 0.9) {
          room.append({ event: 'member.removed', actor_id: BOB, user_ids: [BOB] })
          room.append({ event: 'member.added', actor_id: ADA, members: [{ user_id: BOB, role: 'member' }] })
        }
        for (const user_id of [ADA, BOB]) {
          const { stored, counted } = room.unread(user_id)
          if (stored !== counted) throw new Error(`seed ${seed}, step ${step}: ${stored} stored, ${counted} counted`)
        }
      }
    }
  })

  test('know which deleted messages lie beyond a marker, unless it is before the latest ones that are listed', () => {
    let list = { tombstones: [] as number[], tombstones_cut: 0 }
    const deleted = Array.from({ length: 300 }, (_, index) => ((index * 7) % 300) + 1)
    for (const seq of deleted) list = withTombstone(list, seq)
    expect(withTombstone(list, 300)).toEqual(list)
    expect(list.tombstones).toHaveLength(MAX_TOMBSTONES)
    expect(list.tombstones_cut).toBe(300 - MAX_TOMBSTONES)
    expect(deletedBeyond(list.tombstones_cut, list)).toBe(MAX_TOMBSTONES)
    expect(deletedBeyond(299, list)).toBe(1)
    expect(deletedBeyond(list.tombstones_cut - 1, list)).toBeNull()
  })
})
