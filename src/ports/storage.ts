import type { MemberRole } from '../../contracts/entities.ts'
import type { ReaderChanges } from '../../contracts/readers.ts'
import type { Role } from '../../contracts/roles.ts'
import type { AnyEntry, ConversationDraft, UserDraft } from '../domain/log/entry.ts'
import type { Appended, AppendedToUser, ExpectedVersion } from '../domain/log/outcome.ts'
import type {
  ConversationRecord,
  MemberRecord,
  MessageRecord,
  PinRecord,
  SessionRecord,
  UserRecord,
  VersionRecord,
} from '../domain/records.ts'
import type { Counts } from '../domain/unread.ts'
import type { Contacts } from './contacts.ts'
import type { Cursors } from './cursors.ts'
import type { Devices } from './devices.ts'
import type { Following, FollowOptions } from './following.ts'
import type { Jobs, Owners } from './jobs.ts'
import type { Nodes } from './nodes.ts'
import type { Rollups } from './rollups.ts'
import type { Notices } from './notices.ts'
import type { AllPreferences } from './preferences.ts'
import type { ApiKeys } from './api-keys.ts'
import type { Statuses } from './statuses.ts'
import type { Invites } from './invites.ts'
import type { FileRows } from './file-rows.ts'
import type { Uploads } from './uploads.ts'
import type { Webhooks } from './webhooks.ts'

export type { Appended, AppendedToUser, ExpectedVersion } from '../domain/log/outcome.ts'

/**
 * Stores everything durable. Guarantees of every adapter, each a case of `tests/conformance/storage`:
 *
 * - When a call resolves, its change is durable: it survives kill -9 and power loss. If it rejects with `Unavailable`, the
 *   outcome is unknown, and repeating the same call is safe.
 * - Reads see every write that was acknowledged before they began, and never half of an append.
 * - Records are returned as fresh plain objects: changing one changes nothing stored.
 */
export interface Storage extends AsyncDisposable {
  /** The identity of this store's history, set at creation and again by a restore. Positions of another epoch are invalid. */
  readonly epoch: string
  /** When the last restore has begun this history; null if none has. What was stored since the backup is missing. */
  readonly restored_at: string | null
  readonly users: Users
  readonly sessions: Sessions
  readonly conversations: Conversations
  readonly members: Members
  readonly messages: Messages
  readonly invites: Invites
  readonly log: Log
  readonly cursors: Cursors
  readonly contacts: Contacts
  readonly statuses: Statuses
  readonly apiKeys: ApiKeys
  readonly webhooks: Webhooks
  readonly devices: Devices
  readonly notices: Notices
  readonly uploads: Uploads
  readonly jobs: Jobs
  readonly owners: Owners
  readonly nodes: Nodes
  readonly rollups: Rollups
  readonly preferences: AllPreferences
  readonly files: FileRows
  /**
   * Resolves while the store can be written and read; rejects with `Unavailable`, also as long as the last change failed because
   * the disk is full and there is no more room.
   */
  health(): Promise<void>
  /**
   * Removes expired sessions, tickets, cursors and dead jobs. Safe at any time, also on several nodes at once. Afterwards the store's files
   * no longer contain what was deleted before, as far as the database guarantees it (docs/deploy.md).
   */
  sweep(now: string): Promise<void>
}

/** The store cannot be reached or cannot write now. The gate answers 503. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable'
  /** What cannot be reached, for the log. */
  readonly dependency: string = 'storage'
}

/** One page of a list ordered by id (or by user id, within a conversation or among contacts). */
export interface Page {
  ascending: boolean
  /** Inclusive. The item need not exist any more. */
  start?: string
  /** Exclusive end. */
  before?: string
  limit: number
}

export interface Users {
  /**
   * Usernames and e-mail addresses are unique without regard to case, deleted users' apart. External ids are unique:
   * `conflict`: another user has it.
   */
  create(user: UserRecord): Promise<'created' | 'username_taken' | 'email_taken' | 'conflict'>
  /** Creates the user only if there is no user at all; false otherwise. Raced by several nodes, one wins. */
  createFirst(user: UserRecord): Promise<boolean>
  find(id: string): Promise<UserRecord | null>
  /** Those that exist, in no particular order. At most 1,000 ids. */
  findMany(ids: readonly string[]): Promise<UserRecord[]>
  /** By username or e-mail, without regard to case. */
  findByLogin(login: { username: string } | { email: string }): Promise<UserRecord | null>
  findByExternalId(external_id: string): Promise<UserRecord | null>
  /** `q` is a prefix of username or full name without regard to case. Deleted users are left out. */
  list(filter: { q?: string; role?: Role; disabled?: boolean }, page: Page): Promise<UserRecord[]>
  /**
   * Merges the patch. `last_admin`: it would leave no ADMIN who can sign in (`isActiveAdmin`), also with concurrent calls.
   * `conflict`: a field of `expected` has another value, the file of the avatar was removed, or another user
   * has the external id; nothing was changed.
   */
  update(id: string, patch: UserPatch, expected?: ExpectedUser): Promise<UserRecord | UserRefusal>
}
export type UserRefusal = 'not_found' | 'username_taken' | 'email_taken' | 'last_admin' | 'conflict'
/** The values that a decision about a user was based on. */
export type ExpectedUser = Partial<Pick<UserRecord, 'password_hash' | 'deleted' | 'external_id'>>
export type UserPatch = Partial<Omit<UserRecord, 'id' | 'created_at'>>

export interface Sessions {
  /**
   * Opens a session for a user whose password was verified against `password_hash`; null: the user signed in without one and has
   * none. `new_hash`, if given, replaces that hash.
   * `conflict`: the user has another hash now, or is disabled or deleted; then neither is the session active nor the hash
   * replaced. Changing the user and then revoking the sessions revokes every session that was opened before the change.
   */
  open(session: SessionRecord, verified: VerifiedPassword): Promise<'opened' | 'conflict'>
  find(id: string): Promise<SessionRecord | null>
  /** Neither revoked nor expired at `now`, newest first. */
  listOfUser(user_id: string, now: string): Promise<SessionRecord[]>
  /** Moves the generation, once: false if it is not at `from` or revoked. */
  rotate(id: string, generation: { from: number; to: number }, now: string, expires_at: string): Promise<boolean>
  /** false if it was revoked before or does not exist. */
  revoke(id: string, now: string): Promise<boolean>
  /** The ids that this call revoked. */
  revokeAllOfUser(user_id: string, now: string, except?: string): Promise<string[]>
  /**
   * Calls the listener with sessions that another process has revoked, about a second later; never with what this one has.
   * Gives the function that ends the subscription.
   */
  onRevoked(listener: (session_ids: readonly string[]) => void): () => void
  createTicket(ticket: Ticket): Promise<void>
  /** Gives each ticket to exactly one caller, and none that expired at `now`. */
  takeTicket(hash: string, now: string): Promise<Ticket | null>
}
export interface VerifiedPassword {
  password_hash: string | null
  new_hash?: string
}
export interface Ticket {
  /** SHA-256 of the ticket. */
  hash: string
  session_id: string
  expires_at: string
  /** When the access token that asked for it expires. */
  token_expires_at: string
}

export interface Conversations {
  /** null where it never was, or was purged. */
  find(id: string): Promise<ConversationRecord | null>
  /**
   * As this process knows it, which may be behind what others have committed; null if it does not, or the conversation is
   * purged. Enough for what is appended with its `access_change` as the expected version: if it is behind, that conflicts.
   */
  recent(id: string): Promise<ConversationRecord | null>
  findDirect(user_id: string, other_id: string): Promise<ConversationRecord | null>
  /** All conversations by id. */
  listAll(filter: { disabled?: boolean }, page: Page): Promise<ConversationRecord[]>
  /** Public groups that are not disabled, by id. `q`: a part of the name, without regard to case. */
  listPublic(filter: { q?: string }, page: Page): Promise<ConversationRecord[]>
  /** All conversations by (active_at, id). `after` is the last item of the page before, exclusive. */
  listAllByActivity(filter: { disabled?: boolean }, page: ActivityPage): Promise<ConversationRecord[]>
}
export interface ActivityPage {
  ascending: boolean
  after?: { active_at: string; id: string }
  limit: number
}

export interface Members {
  find(conversation_id: string, user_id: string): Promise<MemberRecord | null>
  /** Those who are members; at most 1,000 ids. */
  findMany(conversation_id: string, user_ids: readonly string[]): Promise<MemberRecord[]>
  /**
   * The user's role as of the conversation's `access_change`, or of a later one; null: no member. Costs less than `find`, for
   * decisions that are appended with that `access_change` as their expected version.
   */
  roleIn(conversation: Pick<ConversationRecord, 'id' | 'access_change'>, user_id: string): Promise<MemberRole | null>
  /** By user id. */
  list(conversation_id: string, page: Page): Promise<MemberRecord[]>
  /** The first ones in the order they joined: by (joined_change, user id). */
  first(conversation_id: string, limit: number): Promise<MemberRecord[]>
  /** As above for each of the conversations (at most 1,000); none for one that does not exist. */
  firstOfEach(conversation_ids: readonly string[], limit: number): Promise<Map<string, MemberRecord[]>>
  /** Owners and admins, all of them, in the order they joined: by (joined_change, user id). */
  leaders(conversation_id: string): Promise<MemberRecord[]>
  /** Every member of the user with its conversation, in no particular order: the whole inbox. */
  ofUser(user_id: string): Promise<InboxEntry[]>
  /**
   * The unread and mention counts beyond the marker of each membership, in the order given, as of the given records. Any number
   * of them, all of this user. The cost does not depend on how much is unread.
   */
  unread(user_id: string, memberships: readonly InboxEntry[]): Promise<Counts[]>
}
export interface InboxEntry {
  member: MemberRecord
  conversation: ConversationRecord
}

export interface Messages {
  find(id: string): Promise<MessageRecord | null>
  /** Those that exist, in no particular order. At most 1,000 ids. */
  findMany(ids: readonly string[]): Promise<MessageRecord[]>
  /** The message that was sent with this key; null if there is none. Does not check membership. */
  findSent(conversation_id: string, sender_id: string, client_id: string): Promise<MessageRecord | null>
  /** The latest message of each of the conversations (at most 1,000); none for an empty one. */
  latest(conversations: readonly Pick<ConversationRecord, 'id' | 'last_seq'>[]): Promise<MessageRecord[]>
  /** By seq, from `from` on (inclusive) in the direction, up to `to` (exclusive). */
  list(conversation_id: string, range: SeqRange): Promise<MessageRecord[]>
  /** Everything a user sent, by (conversation, seq), system messages too, after `after` (exclusive). */
  bySender(
    sender_id: string,
    after: { conversation_id: string; seq: number } | null,
    limit: number,
  ): Promise<MessageRecord[]>
  /** Earlier texts, oldest first; none for a tombstone. */
  versions(message_id: string): Promise<VersionRecord[]>
  /** Latest pin first. `from` is the greatest `pinned_change` wanted; that pin need not exist any more. */
  pins(conversation_id: string, from: number | null, limit: number): Promise<PinRecord[]>
}
export interface SeqRange {
  ascending: boolean
  from?: number
  to?: number
  limit: number
}

/**
 * The log is the truth: a change and its event are one atomic write, everything else is a projection of it
 * (`domain/log/decide.ts`, `project.ts`).
 *
 * - `change` and `seq` are assigned inside that write: 1, 2, 3 … per stream without gaps, also with concurrent appends.
 * - Several drafts of one append are one write: all of them or none.
 * - When an append resolves, its entries are durable, every read shows them, the members' `conversation.joined|left` entries
 *   are in their user streams (once per user, conversation and change), and `onCommit` has been called for all of them.
 * - An append that was interrupted by a crash is completed, not undone, by the next process that finds it. Readers never see it
 *   partially.
 * - When a purge resolves, nothing of the conversation is stored any more: its entries are blank, and so is its name in the
 *   `conversation.joined` of all earlier members.
 */
export interface Log {
  appendTo(conversation_id: string, drafts: readonly ConversationDraft[], seen: ExpectedVersion): Promise<Appended>
  /** Refused with `not_found` when the draft is about a conversation of which the user is not a member. */
  appendToUser<D extends UserDraft>(user_id: string, draft: D): Promise<AppendedToUser<D['event']>>
  /**
   * Entries after `after` in order, at most `limit` and about `max_bytes` of data in UTF-8 (default `READ_BYTES`), at least one
   * if there is any. A short answer does not mean that the end is reached.
   */
  read(stream: string, after: number, limit: number, max_bytes?: number): Promise<StoredEntry[]>
  /** The last change of each stream; 0 for one without entries. Any number of ids. */
  lastChanges(streams: readonly string[]): Promise<Map<string, number>>
  /**
   * Calls the listener with the entries that this process has committed, after they are durable and before their append
   * resolves; per stream in order of `change` and without gaps. If this process completes an append of another one, it reports
   * those entries too; several processes may report the same entry. The listener must not wait. If it throws, no append fails
   * and the other listeners are called; a warning is logged. Returns a function that removes the listener.
   *
   * If other processes commit to the same store, the listener is called with their entries about a second later (`elsewhere`), at
   * least once and in order. A listener that needs every entry fills gaps by `read`.
   */
  onCommit(listener: (entries: readonly StoredEntry[], elsewhere: boolean) => void): () => void
  /** The log as the follower of this name reads it. The first call makes the follower known to the store, for good. */
  follow(name: string, options: FollowOptions): Promise<Following>
  /** Forgets the follower and its positions. Followed again, it begins as one that was never known. */
  unfollow(name: string): Promise<void>
}

/** About how many bytes one read of the log returns. */
export const READ_BYTES = 1024 * 1024

/** An entry with its data as JSON text, ready to be sent. */
export interface StoredEntry extends Pick<AnyEntry, 'stream' | 'change' | 'event' | 'seq' | 'at'>, ReaderChanges {
  /** `data` serialised once. */
  json: string
}
