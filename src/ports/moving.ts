import type { ApiKeyRecord } from '../domain/api-keys.ts'
import type { Sheet } from '../domain/analytics/sheets.ts'
import type { DeviceRecord, NoticeRecord, PushState, VapidKeys } from '../domain/push.ts'
import type {
  ContactRecord,
  ConversationRecord,
  FileRecord,
  InviteRecord,
  MemberRecord,
  MessageRecord,
  PinRecord,
  PreferencesRecord,
  SessionRecord,
  UserRecord,
  VersionRecord,
} from '../domain/records.ts'
import type { StoredKind } from '../domain/retention.ts'
import type { StatusRecord } from '../domain/status.ts'
import type { UploadRecord } from '../domain/uploads.ts'
import type { DeliveryRecord, WebhookRecord } from '../domain/webhooks.ts'
import type { FollowOptions } from './following.ts'
import type { NoticeOutcome } from './notices.ts'
import type { CursorRecord } from './cursors.ts'
import type { StoredEntry } from './storage.ts'

/** What is left behind: tickets, which live for half a minute, and sends, which the messages have. */
type LeftBehind = 'ticket' | 'send'

/** Everything that a store holds of each kind of row, as another store takes it. */
export interface Moved extends Record<Exclude<StoredKind, LeftBehind>, object> {
  user: UserRecord
  session: SessionRecord
  'api-key': ApiKeyRecord
  webhook: WebhookRecord
  'webhook-delivery': DeliveryRecord
  cursor: CursorRecord
  preferences: PreferencesRecord
  status: StatusRecord
  device: DeviceRecord
  pushed: PushState
  notice: NoticeRecord
  'notice-outcome': { notice_id: string; device_id: string; outcome: NoticeOutcome; expires_at: string }
  upload: UploadRecord
  /** `due_at` is null for a dead job. */
  job: {
    id: string
    queue: string
    payload: string
    due_at: string | null
    attempts: number
    expires_at: string | null
  }
  rollup: Sheet
  /** A purged one too. `pair`: of the users of a direct one that is not purged. */
  conversation: ConversationRecord & { purged: boolean; pair: string | null }
  member: MemberRecord
  invite: InviteRecord
  message: MessageRecord
  version: VersionRecord & { conversation_id: string }
  pin: PinRecord
  mention: { conversation_id: string; user_id: string; seq: number; open: boolean }
  /** By messages and conversations; users have their avatars in their records. */
  reference: { file_id: string; by: string; conversation_id: string }
  /** `expires_at`: null while something refers to it. */
  file: FileRecord & { expires_at: string | null }
  'deleted-file': { id: string; user_id: string; expires_at: string }
  contact: ContactRecord
  log: Stream
  'user-stream': Stream
  /** The last change of a user stream. */
  head: { stream: string; last_change: number }
  /** The bytes of a user's files and unfinished uploads, and the number of these. */
  usage: { user_id: string; bytes: number; uploads: number }
  /** How far analytics has counted a conversation. */
  counted: { stream: string; change: number }
  follower: { name: string; streams: FollowOptions['streams'] }
  /** How far a follower has come in a stream. */
  follow: { follower: string; stream: string; position: number; last_change: number }
  keys: VapidKeys
}
export type MovedKind = keyof Moved

const KINDS = {
  user: true,
  session: true,
  'api-key': true,
  webhook: true,
  'webhook-delivery': true,
  cursor: true,
  preferences: true,
  status: true,
  device: true,
  pushed: true,
  notice: true,
  'notice-outcome': true,
  upload: true,
  job: true,
  rollup: true,
  conversation: true,
  member: true,
  invite: true,
  message: true,
  version: true,
  pin: true,
  mention: true,
  reference: true,
  file: true,
  'deleted-file': true,
  contact: true,
  log: true,
  'user-stream': true,
  head: true,
  usage: true,
  counted: true,
  follower: true,
  follow: true,
  keys: true,
} satisfies Record<MovedKind, true>
/** Cast: the keys of the table. */
export const MOVED_KINDS = Object.keys(KINDS) as MovedKind[]

/** Records of one part. */
export const MAX_MOVED = 1_000

/** A stream from its first entry on. Those of conversations come before those of users. */
export interface Stream {
  stream: string
  entries: readonly StoredEntry[]
}

/** Some records, and the position from which the rest of the kind can be read. */
export interface MovedPart<K extends MovedKind> {
  records: readonly Moved[K][]
  position: number
}

/** A store that is read as a whole while no server has it open. It is not changed. */
export interface MoveSource extends AsyncDisposable {
  readonly epoch: string
  readonly restored_at: string | null
  /** How many records there are: for streams, how many entries. */
  count(kind: MovedKind): number
  /** The records after the position, 0 for all of them; the same order each time. */
  read<K extends MovedKind>(kind: K, position: number): Iterable<MovedPart<K>>
}

/**
 * A store that is filled from another one. No server opens it before `finish`. What is written twice is there once; a target
 * that was begun goes on where it was interrupted, and refuses another source.
 */
export interface MoveTarget extends AsyncDisposable {
  /** Rejects, with words for the operator, if the store is in use or was begun from another source. */
  begin(source: Pick<MoveSource, 'epoch' | 'restored_at'>): Promise<void>
  /** The position up to which the kind was written. */
  written(kind: MovedKind): number
  write<K extends MovedKind>(kind: K, part: MovedPart<K>): Promise<void>
  /** Compares what is stored with the source: the kinds, and for the log the streams, that are not equal. */
  differences(source: MoveSource, progress: (compared: number) => void): Promise<string[]>
  finish(): Promise<void>
}
