import type { SweptKind } from '../../../domain/retention.ts'
import type { Tables } from './rows/tables.ts'

/**
 * How long the row of a member who left or of a removed contact is kept. Until then it stops the late write of an older change; a
 * process that was stopped for longer has lost its connections.
 */
const REMOVED_MS = 24 * 60 * 60 * 1_000

/** How the rows of each kind that expires are removed. */
export const SWEEPS: Record<SweptKind, (tables: Tables, now: string) => Promise<unknown>> = {
  session: ({ sessions }, now) => sessions.delete({ expires_at: { $lte: now } }),
  ticket: ({ tickets }, now) => tickets.delete({ expires_at: { $lte: now } }),
  // Text sorts after null, so that keys without end stay.
  'api-key': ({ api_keys }, now) => api_keys.delete({ expires_at: { $gt: '', $lte: now } }),
  // As above: those that wait have no end.
  'webhook-delivery': ({ webhook_deliveries }, now) =>
    webhook_deliveries.delete({ expires_at: { $gt: '', $lte: now } }),
  job: ({ jobs }, now) => jobs.delete({ expires_at: { $lte: now } }),
  cursor: ({ cursors }, now) => cursors.delete({ expires_at: { $lte: now } }),
  device: ({ devices }, now) => devices.delete({ expires_at: { $lte: now } }),
  notice: ({ notices }, now) => notices.delete({ expires_at: { $lte: now } }),
  'notice-outcome': ({ notice_outcomes }, now) => notice_outcomes.delete({ expires_at: { $lte: now } }),
  pushed: ({ pushed }, now) => pushed.delete({ expires_at: { $lte: now } }),
  'deleted-file': ({ deleted_files }, now) => deleted_files.delete({ expires_at: { $lte: now } }),
}

export async function sweepRemoved({ members, contacts }: Tables, now: string): Promise<void> {
  const before = new Date(Date.parse(now) - REMOVED_MS).toISOString()
  await members.delete({ left_at: { $lte: before }, present: { $eq: false } })
  await contacts.delete({ removed_at: { $lte: before }, added_at: { $eq: null }, blocked_at: { $eq: null } })
}
