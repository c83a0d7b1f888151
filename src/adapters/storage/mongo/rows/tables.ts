import type { Driver } from '../driver.ts'
import type {
  FollowerRow,
  FollowRow,
  JobRow,
  OwnerRow,
  RollupBatchRow,
  SheetRow,
  CountedRow,
} from './background-rows.ts'
import type { DeletedFileRow, FileHoldRow, FileReferenceRow, FileRow, FileUsageRow } from './files.ts'
import { LogTable } from './log-table.ts'
import { Table } from './table.ts'
import type {
  ContactRow,
  SourceRow,
  ConversationRow,
  CursorRow,
  DeviceRow,
  GuardRow,
  KeysRow,
  InviteRow,
  LeaseRow,
  LogRow,
  MoveRow,
  ProcessRow,
  ProfileRow,
  MemberRow,
  MentionRow,
  MessageRow,
  UserStreamRow,
  NoticeOutcomeRow,
  NoticeRow,
  PairRow,
  PinRow,
  PreferencesRow,
  PushedRow,
  SessionRow,
  StatusRow,
  ApiKeyRow,
  StoreRow,
  TicketRow,
  UploadRow,
  UserRow,
  VersionRow,
} from './rows.ts'
import type { WebhookDeliveryRow, WebhookRow } from './webhook-rows.ts'

export type Tables = ReturnType<typeof openTables>

export function openTables(driver: Driver) {
  return {
    log: new LogTable(new Table<LogRow>(driver, 'log')),
    processes: new Table<ProcessRow>(driver, 'processes'),
    moves: new Table<MoveRow>(driver, 'moves'),
    leases: new Table<LeaseRow>(driver, 'leases'),
    conversations: new Table<ConversationRow>(driver, 'conversations'),
    streams: new Table<UserStreamRow>(driver, 'streams'),
    sources: new Table<SourceRow>(driver, 'sources'),
    pairs: new Table<PairRow>(driver, 'pairs'),
    messages: new Table<MessageRow>(driver, 'messages'),
    versions: new Table<VersionRow>(driver, 'versions'),
    pins: new Table<PinRow>(driver, 'pins'),
    members: new Table<MemberRow>(driver, 'members'),
    mentions: new Table<MentionRow>(driver, 'mentions'),
    contacts: new Table<ContactRow>(driver, 'contacts'),
    profiles: new Table<ProfileRow>(driver, 'profiles'),
    invites: new Table<InviteRow>(driver, 'invites'),
    users: new Table<UserRow>(driver, 'users'),
    guards: new Table<GuardRow>(driver, 'guards'),
    sessions: new Table<SessionRow>(driver, 'sessions'),
    tickets: new Table<TicketRow>(driver, 'tickets'),
    api_keys: new Table<ApiKeyRow>(driver, 'api_keys'),
    webhooks: new Table<WebhookRow>(driver, 'webhooks'),
    webhook_deliveries: new Table<WebhookDeliveryRow>(driver, 'webhook_deliveries'),
    cursors: new Table<CursorRow>(driver, 'cursors'),
    preferences: new Table<PreferencesRow>(driver, 'preferences'),
    statuses: new Table<StatusRow>(driver, 'statuses'),
    devices: new Table<DeviceRow>(driver, 'devices'),
    pushed: new Table<PushedRow>(driver, 'pushed'),
    notices: new Table<NoticeRow>(driver, 'notices'),
    notice_outcomes: new Table<NoticeOutcomeRow>(driver, 'notice_outcomes'),
    keys: new Table<KeysRow>(driver, 'keys'),
    followers: new Table<FollowerRow>(driver, 'followers'),
    follows: new Table<FollowRow>(driver, 'follows'),
    uploads: new Table<UploadRow>(driver, 'uploads'),
    jobs: new Table<JobRow>(driver, 'jobs'),
    owners: new Table<OwnerRow>(driver, 'owners'),
    rollups: new Table<RollupBatchRow>(driver, 'rollups'),
    sheets: new Table<SheetRow>(driver, 'sheets'),
    counted: new Table<CountedRow>(driver, 'counted'),
    files: new Table<FileRow>(driver, 'files'),
    file_references: new Table<FileReferenceRow>(driver, 'file_references'),
    file_holds: new Table<FileHoldRow>(driver, 'file_holds'),
    file_usage: new Table<FileUsageRow>(driver, 'file_usage'),
    deleted_files: new Table<DeletedFileRow>(driver, 'deleted_files'),
    store: new Table<StoreRow>(driver, 'store'),
  }
}

/** The order in which members joined a conversation; an index has it, so that the first ones of a large room are not sorted for. */
export const BY_JOINING = { joined_change: 1, user_id: 1 } as const

/** What is read by something other than its primary key has an index, and nothing else: each one costs every write. */
export async function createIndexes(tables: Tables): Promise<void> {
  const unique = true
  // Rows without the field are not in the index.
  const sparse = true
  await Promise.all([
    tables.conversations.createIndexes([
      { key: { purged: 1, disabled: 1, active_at: 1, _id: 1 } },
      { key: { unfollowed: 1 }, sparse },
      { key: { visibility: 1, _id: 1 } },
    ]),
    tables.streams.createIndexes([{ key: { unfollowed: 1 }, sparse }]),
    tables.sheets.createIndexes([{ key: { sender_id: 1, month: 1, _id: 1 } }]),
    tables.follows.createIndexes([{ key: { queue: 1 }, sparse }]),
    tables.uploads.createIndexes([{ key: { open_of: 1 }, sparse }, { key: { expires_at: 1 } }]),
    tables.jobs.createIndexes([
      { key: { due: 1 }, sparse },
      { key: { dead: 1 }, sparse },
      { key: { expires_at: 1 }, sparse },
    ]),
    tables.invites.createIndexes([{ key: { conversation_id: 1, id: 1 } }, { key: { created_by: 1, id: 1 } }]),
    tables.messages.createIndexes([
      { key: { id: 1 }, unique },
      { key: { sender_id: 1, _id: 1 } },
      { key: { send_key: 1 }, sparse },
    ]),
    tables.members.createIndexes([
      { key: { user_id: 1, _id: 1 } },
      { key: { conversation_id: 1, ...BY_JOINING } },
      { key: { conversation_id: 1, role: 1 } },
      { key: { left_at: 1 }, sparse },
    ]),
    tables.mentions.createIndexes([{ key: { user_id: 1, open: 1 } }]),
    tables.contacts.createIndexes([{ key: { contact_id: 1 } }, { key: { removed_at: 1 }, sparse }]),
    tables.users.createIndexes([
      { key: { username_key: 1 }, unique },
      { key: { email_key: 1 }, unique },
      { key: { first_key: 1 }, unique },
      { key: { name_key: 1 } },
      { key: { role: 1 } },
      { key: { avatar_file_id: 1 }, sparse },
      { key: { external_key: 1 }, unique, sparse },
    ]),
    tables.sessions.createIndexes([{ key: { user_id: 1 } }, { key: { expires_at: 1 } }]),
    tables.api_keys.createIndexes([
      { key: { hash: 1 }, unique },
      { key: { previous_hash: 1 } },
      { key: { user_id: 1 } },
      { key: { expires_at: 1 } },
    ]),
    tables.webhook_deliveries.createIndexes([
      { key: { due: 1 }, sparse },
      { key: { webhook_id: 1, _id: 1 } },
      { key: { expires_at: 1 } },
    ]),
    tables.tickets.createIndexes([{ key: { expires_at: 1 } }]),
    tables.cursors.createIndexes([{ key: { expires_at: 1 } }]),
    tables.devices.createIndexes([
      { key: { address: 1 }, unique },
      { key: { named: 1 }, unique },
      { key: { user_id: 1 } },
      { key: { session_id: 1 } },
      { key: { expires_at: 1 } },
    ]),
    tables.pushed.createIndexes([{ key: { expires_at: 1 } }]),
    tables.notices.createIndexes([{ key: { expires_at: 1 } }]),
    tables.notice_outcomes.createIndexes([{ key: { notice_id: 1, outcome: 1 } }, { key: { expires_at: 1 } }]),
    tables.files.createIndexes([{ key: { user_id: 1, _id: 1 } }, { key: { expires_at: 1 } }]),
    tables.file_references.createIndexes([{ key: { file_id: 1 } }, { key: { released_at: 1 }, sparse }]),
    tables.file_holds.createIndexes([{ key: { file_id: 1 } }, { key: { expires_at: 1 } }]),
    tables.file_usage.createIndexes([{ key: { counted_at: 1 }, sparse }]),
    tables.deleted_files.createIndexes([{ key: { expires_at: 1 } }]),
  ])
}
