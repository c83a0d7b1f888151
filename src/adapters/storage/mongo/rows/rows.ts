/**
 * What lies in the database. Free JSON (event data, metadata, positions) is stored as text: MongoDB restricts
 * `$`, `.` and NUL in field names, and replay sends the text as it is. Removed pins, contacts and left members stay as
 * rows with the removing change, so that a late projection of an older change cannot recreate them.
 */
import type { ApiKeyRecord } from '../../../../domain/api-keys.ts'
import type { Visibility } from '../../../../../contracts/entities.ts'
import type { DurableEvent } from '../../../../../contracts/events.ts'
import type { NodeSetup } from '../../../../ports/nodes.ts'
import type { Hidden } from '../../../../domain/log/entry.ts'
import type {
  ContactRecord,
  ConversationRecord,
  InviteRecord,
  MemberRecord,
  MessageRecord,
  PinRecord,
  PreferencesRecord,
  SessionRecord,
  UserRecord,
  VersionRecord,
} from '../../../../domain/records.ts'
import type { DeviceRecord, NoticeRecord, PushState, VapidKeys } from '../../../../domain/push.ts'
import type { NoticeOutcome } from '../../../../ports/notices.ts'
import type { StatusRecord } from '../../../../domain/status.ts'
import type { UploadRecord } from '../../../../domain/uploads.ts'
import type { CursorRecord } from '../../../../ports/cursors.ts'
import type { Ticket } from '../../../../ports/storage.ts'

/** `_id` = `stream:b36(first)`. */
export interface LogRow {
  _id: string
  stream: string
  first: number
  last: number
  /** Names one attempt to append: distinguishes a lost answer from a lost race. */
  attempt_id: string
  entries: LogLine[]
}
export interface LogLine {
  event: DurableEvent
  seq: number | null
  at: string
  /** The entry's data as JSON. */
  json: string
  hidden: Hidden | null
  /** User streams, joined and left: the `conversation:change` that it follows from; at most one line has it. */
  source?: string
  /** The name of `source` in stores of schema 1. */
  cause?: string
  /** User streams, markers and settings: the membership that it is about. */
  joined_change?: number
}

/** `_id` = conversation. `last_change` is what the projections cover: the `applied` of docs/adr/0001-the-log.md. */
export interface ConversationRow extends Omit<ConversationRecord, 'id' | 'visibility'> {
  _id: string
  /** Absent in rows that were written before there were public groups. */
  visibility?: Visibility
  purged: boolean
  /** The latest own message of members whose member rows do not have it yet. */
  senders: Sender[]
  /** Whether a sender was ever moved from here to the member row. */
  senders_moved: boolean
  /** The folded name of a group that is listed; null for every other conversation. */
  public_name: string | null
  /** The pair of a direct conversation, the `_id` of its claim. */
  pair: string | null
  unfollowed?: Unfollowed
}

/**
 * On a head: the followers were not given what came after this change. Negative: everything, because a follower became known.
 * Absent if there is nothing to give.
 */
type Unfollowed = number

export interface Sender {
  user_id: string
  seq: number
  /** The conversation's `countable` up to `seq`. */
  countable: number
}

/** `_id` = user: the user stream's head that the projections cover. */
export interface UserStreamRow {
  _id: string
  last_change: number
  unfollowed?: Unfollowed
}

/** `_id` = `user:conversation:change` of a joined or left entry that is in the user stream. */
export interface SourceRow {
  _id: string
  change: number
}

/** `_id` = `conversation:b36(seq)`. */
export interface MessageRow extends Omit<MessageRecord, 'metadata'> {
  _id: string
  metadata: string | null
  /** `conversation:sender:client_id`: what a repeat is recognised by. Absent without a client_id. */
  send_key?: string
}

/** `_id` = `conversation:message:b36(change)`. */
export interface VersionRow extends VersionRecord {
  _id: string
  erased: boolean
}

/** `_id` = `conversation:message`. `change` is the last one to pin or unpin it. */
export interface PinRow extends PinRecord {
  _id: string
  present: boolean
  change: number
}

/** `_id` = `conversation:user`. `change`: the last one of role and presence; `user_change`: of the user stream. */
export interface MemberRow extends MemberRecord {
  _id: string
  present: boolean
  change: number
  user_change: number
  /** Of a left member only: when the membership ended. */
  left_at?: string
}

/** `_id` = `conversation:user:b36(seq)`: a message mentions the user. */
export interface MentionRow {
  _id: string
  conversation_id: string
  user_id: string
  seq: number
  /** Beyond the marker that the user set last; sending moves the marker without closing mentions. */
  open: boolean
  /** The change of the user stream that opened or closed it last. */
  user_change: number
  /** The change that deleted the message, `NOT_DELETED` before. */
  deleted_at_change: number
}
export const NOT_DELETED = Number.MAX_SAFE_INTEGER

/** `_id` = `user:contact`. `user_change`: the change of the user stream that wrote it. */
export interface ContactRow extends Omit<ContactRecord, 'receipts'> {
  _id: string
  receipts: string | null
  user_change: number
  /** Of a row without times only: when the last one was taken back. */
  removed_at?: string
}
/** `_id` = code. */
export type InviteRow = Omit<InviteRecord, 'code'> & { _id: string }

/** `_id` = `contact:user:b36(change)`: the entry of the user's stream shows the contact's profile. */
export interface ProfileRow {
  _id: string
}

/** `_id` = `min:max` of the two users. */
export interface PairRow {
  _id: string
  conversation_id: string
}

/** `_id` = `instance/type-slot`: the streams that the flushes of one slot of one process may have left behind. */
export interface LeaseRow {
  _id: string
  type: 'conversation' | 'user'
  /** Counts the lease writes of the process. */
  version: number
  heartbeat_at: string
  streams: string[]
}

/** `_id` = instance: a process that has the store open. */
export interface ProcessRow {
  _id: string
  /** Counts on while the process lives. */
  heartbeat: number
  /** Absent until it has announced itself. */
  setup?: NodeSetup
}

/** `_id` = `instance:b36(n)`: what a process has done that the others pass on to their sockets. */
export interface MoveRow {
  _id: string
  /** Keys of rows of the log that it has committed. */
  rows: string[]
  /** Sessions that it has ended. */
  sessions: string[]
}

/** `expires_at` is null for a key without end: no sweep compares with it. */
export interface ApiKeyRow extends Omit<ApiKeyRecord, 'id'> {
  _id: string
}

/** The keys are unique; deleted users' are their ids, so that their names are free. */
export interface UserRow extends Omit<UserRecord, 'id' | 'external_id'> {
  _id: string
  /** Absent in rows of earlier versions. */
  external_id?: string | null
  /** Absent if the user has never had an external id. */
  external_key?: string
  username_key: string
  email_key: string
  /** `first` for the one that `createFirst` made, unique by id for others. */
  first_key: string
  name_key: string
  /** The number of the last guarded step (admins.ts) that was carried out on it. */
  admin_step: number
}

/** The fields of a user's row that a decision rests on, as they were seen. */
export type UserExpected = Partial<
  Pick<UserRow, 'username' | 'email' | 'role' | 'disabled' | 'deleted' | 'password_hash' | 'external_id'>
>

/** `_id` = `admins`: serialises what may end an ADMIN's rights. */
export interface GuardRow {
  _id: string
  step: number
  /** The update of step `step`, which any process that finds it carries out; null when it is done. */
  user_id: string | null
  expected: UserExpected | null
  patch: Partial<UserRow> | null
}

export type SessionRow = Omit<SessionRecord, 'id'> & { _id: string }
export type TicketRow = Omit<Ticket, 'hash'> & { _id: string }
export type CursorRow = Omit<CursorRecord, 'id' | 'positions'> & { _id: string; positions: string }

/** `_id` = user. `quiet_hours` is JSON. `user_change`: the change of the user stream that wrote it. */
export interface PreferencesRow extends Omit<PreferencesRecord, 'user_id' | 'quiet_hours'> {
  _id: string
  quiet_hours: string
  user_change: number
}

/** `_id` = user. */
export type StatusRow = { _id: string } & Partial<Omit<StatusRecord, 'user_id'>>

/** `target` is JSON. */
export interface DeviceRow extends Omit<DeviceRecord, 'id' | 'target'> {
  _id: string
  /** `=user:platform:device_id`, or `-` and the id where it has no device_id or is removed: always there, as the index is unique. */
  named: string
  target: string | null
  removed: boolean
}
/** `_id` = `device:conversation`. */
export interface PushedRow extends PushState {
  _id: string
}
/** `data` is JSON. */
export interface NoticeRow extends Omit<NoticeRecord, 'id' | 'data'> {
  _id: string
  data: string
}
/** `_id` = `notice:device`. */
export interface NoticeOutcomeRow {
  _id: string
  notice_id: string
  outcome: NoticeOutcome
  expires_at: string
}
/** `_id` = `vapid`. */
export interface KeysRow extends VapidKeys {
  _id: string
}

/** `_id` = `store`. */
export interface StoreRow {
  _id: string
  epoch: string
  /** Absent if no restore has begun this history. */
  restored_at?: string
  schema: number
  /** It is being filled by this command: no server opens it. */
  unfinished?: 'restore' | 'migration'
  /** How far a migration has come with each kind. */
  moved?: Record<string, number>
}

/** `_id` = upload. */
export interface UploadRow extends Omit<UploadRecord, 'id'> {
  _id: string
  /** The user; absent once it is finished. */
  open_of?: string
}
