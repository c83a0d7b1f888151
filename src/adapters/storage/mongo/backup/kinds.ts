import type { Tables } from '../rows/tables.ts'

/**
 * When a backup reads each collection. Rows are written after the log and heads after the rows (docs/adr/0002), so they are read
 * the other way round: what is written last is read first. Then the log has every change that a row shows, and a row every
 * change that its head covers: the copy is what a crash could have left, and the store completes that.
 *
 * - `head`, `row`, `log`: in this order.
 * - `beside`: after the log, because the log names them: users, files. `left out`: of processes that run, or made again.
 */
type Treatment = 'head' | 'row' | 'log' | 'beside' | 'left out'

const TREATMENTS = {
  // Of conversations before those of users: a conversation's head moves after what it delivers to users.
  conversations: 'head',
  streams: 'head',
  contacts: 'row',
  preferences: 'row',
  // Before the mentions: a marker that was set opens and closes them.
  members: 'row',
  mentions: 'row',
  pins: 'row',
  file_references: 'row',
  // Before the versions: a text is kept there before its message is replaced.
  messages: 'row',
  versions: 'row',
  invites: 'row',
  sources: 'row',
  profiles: 'row',
  log: 'log',
  jobs: 'beside',
  pushed: 'beside',
  notice_outcomes: 'beside',
  notices: 'beside',
  devices: 'beside',
  statuses: 'beside',
  uploads: 'beside',
  deleted_files: 'beside',
  files: 'beside',
  keys: 'beside',
  api_keys: 'beside',
  webhook_deliveries: 'beside',
  webhooks: 'beside',
  sessions: 'beside',
  // Last, because everything else names users.
  users: 'beside',
  store: 'left out',
  processes: 'left out',
  moves: 'left out',
  leases: 'left out',
  owners: 'left out',
  guards: 'left out',
  file_holds: 'left out',
  tickets: 'left out',
  // Positions of the history that ends here: clients fetch again.
  cursors: 'left out',
  // Made again from the heads, and from the files.
  pairs: 'left out',
  file_usage: 'left out',
  // Analytics counts anew from the log, and pushes begin with what comes.
  followers: 'left out',
  follows: 'left out',
  rollups: 'left out',
  sheets: 'left out',
  counted: 'left out',
} as const satisfies Record<keyof Tables, Treatment>

export type Collection = keyof Tables
/** The collections of a kind, in the order in which they are read. */
export function collectionsOf(...wanted: readonly Treatment[]): Collection[] {
  const all = Object.entries(TREATMENTS).filter(([, treatment]) => wanted.some(each => each === treatment))
  // Cast: the keys of the table.
  return all.map(([name]) => name) as Collection[]
}
