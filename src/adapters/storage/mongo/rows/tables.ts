import type { Driver } from '../driver.ts'
import { LogTable } from './log-table.ts'
import { Table } from './table.ts'
import type {
  SourceRow,
  ConversationRow,
  CursorRow,
  GuardRow,
  LeaseRow,
  LogRow,
  MemberRow,
  MentionRow,
  MessageRow,
  UserStreamRow,
  PairRow,
  PinRow,
  SendRow,
  SessionRow,
  StoreRow,
  TicketRow,
  UncountedRow,
  UserRow,
  VersionRow,
} from './rows.ts'

export type Tables = ReturnType<typeof openTables>

export function openTables(driver: Driver) {
  return {
    log: new LogTable(new Table<LogRow>(driver, 'log')),
    leases: new Table<LeaseRow>(driver, 'leases'),
    conversations: new Table<ConversationRow>(driver, 'conversations'),
    streams: new Table<UserStreamRow>(driver, 'streams'),
    sends: new Table<SendRow>(driver, 'sends'),
    sources: new Table<SourceRow>(driver, 'sources'),
    pairs: new Table<PairRow>(driver, 'pairs'),
    messages: new Table<MessageRow>(driver, 'messages'),
    versions: new Table<VersionRow>(driver, 'versions'),
    pins: new Table<PinRow>(driver, 'pins'),
    members: new Table<MemberRow>(driver, 'members'),
    mentions: new Table<MentionRow>(driver, 'mentions'),
    uncounted: new Table<UncountedRow>(driver, 'uncounted'),
    users: new Table<UserRow>(driver, 'users'),
    guards: new Table<GuardRow>(driver, 'guards'),
    sessions: new Table<SessionRow>(driver, 'sessions'),
    tickets: new Table<TicketRow>(driver, 'tickets'),
    cursors: new Table<CursorRow>(driver, 'cursors'),
    store: new Table<StoreRow>(driver, 'store'),
  }
}

/** The order in which members joined a conversation; an index has it, so that the first ones of a large room are not sorted for. */
export const BY_JOINING = { joined_change: 1, user_id: 1 } as const

/** Only what is read by something other than its primary key has an index: each one costs every write. */
export async function createIndexes(tables: Tables): Promise<void> {
  const unique = true
  await Promise.all([
    tables.messages.createIndexes([{ key: { id: 1 } }, { key: { sender_id: 1, _id: 1 } }]),
    tables.members.createIndexes([{ key: { user_id: 1 } }, { key: { conversation_id: 1, ...BY_JOINING } }]),
    tables.users.createIndexes([
      { key: { username_key: 1 }, unique },
      { key: { email_key: 1 }, unique },
      { key: { first_key: 1 }, unique },
      { key: { role: 1 } },
    ]),
    tables.sessions.createIndexes([{ key: { user_id: 1 } }, { key: { expires_at: 1 } }]),
    tables.tickets.createIndexes([{ key: { expires_at: 1 } }]),
    tables.cursors.createIndexes([{ key: { expires_at: 1 } }]),
  ])
}
