import {
  INLINE_PARTICIPANTS,
  type Conversation,
  type EventMessage,
  type Member,
  type Message,
  type MemberRole,
} from '../../contracts/entities.ts'
import type { EventName } from '../../contracts/events.ts'
import { permissionsNow } from '../../contracts/permissions.ts'
import type { EventFrame } from '../../src/sdk/index.ts'

export const ME = 'me'
export const ROOM = 'room'
const AT = '2026-01-01T00:00:00.000Z'
const SETTINGS = { muted_until: null, archived: false, notify: 'all' as const }

export type Act =
  | { act: 'send'; by: string; mentions: string[] }
  | { act: 'edit' | 'delete' | 'pin' | 'read' | 'unread'; nth: number }
  | { act: 'react'; nth: number; by: string; emoji: string; added: boolean }
  | { act: 'rename'; by: string }
  | { act: 'disable' | 'restore' | 'pin-room' }
  | { act: 'add' | 'remove'; who: string }
  | { act: 'role'; who: string; role: MemberRole }

interface Post {
  message: Omit<EventMessage, 'reactions'>
  /** emoji → the users, in order. */
  reacted: Map<string, string[]>
}

/** A simple model of a room: everything is computed again from the list of messages at each read. */
export class RoomModel {
  readonly stream: EventFrame[] = []
  readonly own: EventFrame[] = []
  readonly #posts: Post[] = []
  #members: Member[] = [member(ME, 'owner'), member('bob', 'member')]
  #name = 'Engines'
  #disabled = false
  #pinned = false
  #change = 0
  #marker = 0

  constructor() {
    this.#emit('conversation.created', () => ({ conversation: this.#wire(), member_ids: [ME, 'bob'] }))
  }

  get change(): number {
    return this.#change
  }

  do(act: Act): void {
    switch (act.act) {
      case 'send':
        this.#emit('message.created', () => this.#post(act.by, 'text', act.mentions))
        if (act.by === ME) this.#marker = this.#posts.length
        return
      case 'edit':
        return this.#touch(act.nth, 'message.updated', (post, change) => {
          post.message = { ...post.message, content: `edited at ${change}`, edited_at: AT, change }
          return wireOf(post)
        })
      case 'delete':
        return this.#touch(act.nth, 'message.deleted', (post, change) => {
          post.reacted.clear()
          post.message = { ...post.message, content: null, deleted_at: AT, change }
          return wireOf(post)
        })
      case 'pin':
        return this.#touch(act.nth, 'message.pinned', ({ message }) => ({
          message_id: message.id,
          user_id: ME,
          at: AT,
        }))
      case 'react':
        return this.#touch(act.nth, 'message.reacted', (post, change) => {
          const { by, emoji, added } = act
          const others = (post.reacted.get(emoji) ?? []).filter(user => user !== by)
          post.reacted.set(emoji, added ? [...others, by] : others)
          post.message = { ...post.message, change }
          return { message_id: post.message.id, reactions: wireOf(post).reactions, user_id: by, emoji, added }
        })
      case 'read':
        return this.#mark(Math.max(this.#marker, act.nth % (this.#posts.length + 1)))
      case 'unread':
        return this.#mark(act.nth % (this.#posts.length + 1))
      case 'pin-room':
        this.#pinned = !this.#pinned
        return this.#tell('membership.updated', { ...SETTINGS, pinned: this.#pinned })
      case 'rename':
        return this.#emit('conversation.updated', change => {
          this.#name = `named at ${change}`
          const message = this.#post(act.by, 'system')
          return { conversation: this.#wire(), message }
        })
      case 'disable':
      case 'restore':
        this.#disabled = act.act === 'disable'
        return this.#emit('conversation.updated', () => ({ conversation: this.#wire(), message: null }))
      case 'add':
        if (this.#members.some(({ user_id }) => user_id === act.who)) return
        return this.#emit('member.added', () => {
          this.#members.push(member(act.who, 'member'))
          const members = [member(act.who, 'member')]
          return { members, participant_count: this.#members.length, message: this.#post(ME, 'system') }
        })
      case 'remove':
        if (!this.#members.some(({ user_id }) => user_id === act.who)) return
        return this.#emit('member.removed', () => {
          const shown = this.#members.slice(0, INLINE_PARTICIPANTS)
          this.#members = this.#members.filter(({ user_id }) => user_id !== act.who)
          const moved_up = this.#members.slice(0, INLINE_PARTICIPANTS).filter(each => !shown.includes(each))
          const participant_count = this.#members.length
          return { user_ids: [act.who], moved_up, participant_count, message: this.#post(ME, 'system') }
        })
      case 'role':
        if (!this.#members.some(({ user_id }) => user_id === act.who)) return
        return this.#emit('member.updated', () => {
          this.#members = this.#members.map(each => (each.user_id === act.who ? { ...each, role: act.role } : each))
          return { user_id: act.who, role: act.role }
        })
    }
  }

  /** The conversation as the server would answer it now. */
  conversation(): Conversation {
    const last = this.#posts.at(-1)
    const role = this.#members.find(({ user_id }) => user_id === ME)?.role ?? 'member'
    const permissions = permissionsNow('EDITOR', role, { type: 'group', disabled: this.#disabled })
    const me = { role, last_read_seq: this.#marker, ...this.#unread(), ...SETTINGS, pinned: this.#pinned, permissions }
    return structuredClone({ ...this.#wire(), last_message: last ? seenByMe(last) : null, me })
  }

  messages(from_seq = 1): Message[] {
    return structuredClone(this.#posts.slice(from_seq - 1).map(seenByMe))
  }

  #unread() {
    const unread = this.#posts
      .slice(this.#marker)
      .filter(({ message }) => message.sender_id !== ME && message.type !== 'system' && message.deleted_at === null)
    return {
      unread_count: unread.length,
      mention_count: unread.filter(({ message }) => message.mentions.includes(ME)).length,
    }
  }

  #mark(seq: number): void {
    this.#marker = seq
    const at = { at_seq: this.#posts.length, at_change: this.#change }
    this.#tell('read.updated', { last_read_seq: seq, ...at, ...this.#unread() })
  }

  /** Messages that do not exist, are deleted, or are system messages do not change. */
  #touch(nth: number, event: EventName, how: (post: Post, change: number) => Record<string, unknown>): void {
    const post = this.#posts[nth % Math.max(1, this.#posts.length)]
    if (!post || post.message.deleted_at !== null || post.message.type === 'system') return
    this.#emit(event, change => how(post, change))
  }

  #post(sender_id: string, type: 'text' | 'system', mentions: string[] = []): EventMessage {
    const seq = this.#posts.length + 1
    const message = {
      id: `message ${seq}`,
      conversation_id: ROOM,
      seq,
      change: this.#change,
      sender_id,
      client_id: null,
      type,
      content: type === 'text' ? `text ${seq}` : null,
      attachments: [],
      reply_to: null,
      mentions,
      metadata: null,
      edited_at: null,
      deleted_at: null,
      created_at: AT,
    }
    const post = { message, reacted: new Map<string, string[]>() }
    this.#posts.push(post)
    return wireOf(post)
  }

  #wire() {
    return {
      id: ROOM,
      type: 'group' as const,
      name: this.#name,
      topic: null,
      avatar_file_id: null,
      visibility: 'private' as const,
      created_by: ME,
      disabled: this.#disabled,
      last_seq: this.#posts.length,
      last_change: this.#change,
      participants: this.#members,
      participant_count: this.#members.length,
      created_at: AT,
      updated_at: AT,
    }
  }

  #emit(event: EventName, make: (change: number) => Record<string, unknown>): void {
    this.#change += 1
    const data = structuredClone(make(this.#change))
    // Cast: each act makes the data of its event.
    this.stream.push({ type: 'event', event, stream: ROOM, change: this.#change, data, at: AT } as EventFrame)
  }

  #tell(event: EventName, data: Record<string, unknown>): void {
    const change = this.own.length + 1
    const whole = { conversation_id: ROOM, ...data }
    this.own.push({ type: 'event', event, stream: ME, change, data: whole, at: AT } as EventFrame)
  }
}

function member(user_id: string, role: MemberRole): Member {
  return { user_id, role, joined_at: AT }
}

function wireOf({ message, reacted }: Post): EventMessage {
  const reactions = [...reacted]
    .filter(([, users]) => users.length > 0)
    .map(([emoji, users]) => ({ emoji, count: users.length, user_ids: users.slice(0, 20) }))
  return { ...message, reactions }
}

function seenByMe(post: Post): Message {
  const wire = wireOf(post)
  const mine = (emoji: string) => post.reacted.get(emoji)?.includes(ME) ?? false
  return { ...wire, reactions: wire.reactions.map(reaction => ({ ...reaction, me: mine(reaction.emoji) })) }
}
