import type { MemberRecord, MessageRecord, PinRecord, VersionRecord } from '../../../../domain/records.ts'
import type { Delivery } from './deliver.ts'
import { mentionKey, messageKey, sendKey } from '../rows/keys.ts'
import { NOT_DELETED, type MentionRow, type SendRow, type UncountedRow } from '../rows/rows.ts'

/** What the entries of one flush of one conversation ask to be written. Every part is idempotent by its change. */
export class RowWrites {
  readonly sends: SendRow[] = []
  /** Messages that begin: by id, the change that made them. */
  readonly created = new Map<string, number>()
  /** Messages whose row changes. */
  readonly touched = new Set<string>()
  readonly versions: VersionRecord[] = []
  readonly erased: { message: MessageRecord; change: number }[] = []
  /** By message. `pin` is the last one set here, null if none was; `present`: it still stands. */
  readonly pins = new Map<string, PinWrite>()
  /** The last membership that began here. */
  readonly joins = new Map<string, MemberRecord>()
  /** Role and presence, where they changed after the joining. */
  readonly members = new Map<string, { role?: MemberRecord['role']; present: boolean; change: number }>()
  readonly sent = new Map<string, { seq: number; change: number }>()
  readonly mentions: MentionRow[] = []
  readonly uncounted: UncountedRow[] = []
  readonly own: Delivery[] = []

  fork(): RowWrites {
    const copy = new RowWrites()
    copy.add(this)
    return copy
  }

  add(other: RowWrites): void {
    this.sends.push(...other.sends)
    for (const [id, change] of other.created) this.created.set(id, change)
    for (const id of other.touched) this.touched.add(id)
    this.versions.push(...other.versions)
    this.erased.push(...other.erased)
    for (const [id, pin] of other.pins) this.pins.set(id, pin)
    for (const [id, member] of other.joins) this.joins.set(id, member)
    for (const [id, member] of other.members) this.members.set(id, member)
    for (const [id, sent] of other.sent) this.sent.set(id, sent)
    this.mentions.push(...other.mentions)
    this.uncounted.push(...other.uncounted)
    this.own.push(...other.own)
  }

  /** A message that an entry stored: its key, whom it mentions, whether it counts as unread. */
  create(message: MessageRecord): void {
    const { id, conversation_id, sender_id, client_id, seq, change } = message
    this.created.set(id, change)
    if (client_id !== null) this.sends.push({ _id: sendKey(conversation_id, sender_id, client_id), seq, change })
    if (message.type === 'system') this.uncounted.push({ _id: messageKey(conversation_id, seq), change })
    for (const user_id of new Set(message.mentions)) {
      if (user_id === sender_id) continue
      this.mentions.push({ _id: mentionKey(conversation_id, user_id, seq), change, deleted_at_change: NOT_DELETED })
    }
  }

  erase(message: MessageRecord, change: number): void {
    this.erased.push({ message, change })
    this.uncounted.push({ _id: messageKey(message.conversation_id, message.seq), change })
    this.unpin(message.id, change)
  }

  pin(pin: PinRecord, change: number): void {
    this.pins.set(pin.message_id, { pin, present: true, change })
  }

  unpin(message_id: string, change: number): void {
    const { pin } = this.pins.get(message_id) ?? { pin: null }
    this.pins.set(message_id, { pin, present: false, change })
  }
}

interface PinWrite {
  pin: PinRecord | null
  present: boolean
  change: number
}
