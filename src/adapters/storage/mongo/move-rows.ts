import type { Contact } from '../../../../contracts/entities.ts'
import { sheetKey, totalOf } from '../../../domain/analytics/sheets.ts'
import type { Entry } from '../../../domain/log/entry.ts'
import { publicName } from '../../../domain/public-groups.ts'
import type { Moved, MovedKind } from '../../../ports/moving.ts'
import {
  b36,
  contactKey,
  fileReferenceKey,
  followKey,
  logKey,
  mentionKey,
  noticeKey,
  pinKey,
  profileKey,
  pushedKey,
  sourceKey,
  versionKey,
} from './rows/keys.ts'
import { MAX_ENTRIES, type LogTable } from './rows/log-table.ts'
import { fromContact, fromMessage, fromNewMember } from './rows/records.ts'
import { NOT_DELETED, type LogLine, type LogRow } from './rows/rows.ts'
import type { Table } from './rows/table.ts'
import type { Tables } from './rows/tables.ts'
import { toRow as deviceRow } from './devices.ts'
import { NEVER } from './files.ts'
import { toRow as apiKeyRow } from './api-keys.ts'
import { toRow as userRow } from './users.ts'
import { toDeliveryRow, toRow as webhookRow } from './webhooks.ts'

/** The number of the batch that the moved roll-ups contain. */
export const MOVED_BATCH = 1

type RowOf<T> = T extends Table<infer R> ? R : T extends LogTable ? LogRow : never
export type Put = { [C in keyof Tables]: readonly [collection: C, row: RowOf<Tables[C]>] }[keyof Tables]

/** The rows of each kind of record, as if this store had written them. What has no record is of processes that run. */
export const ROWS: { readonly [K in MovedKind]: (record: Moved[K]) => Put[] } = {
  user: user => [['users', userRow(user, user.id)]],
  session: ({ id, ...session }) => [['sessions', { _id: id, ...session }]],
  'api-key': key => [['api_keys', apiKeyRow(key)]],
  webhook: webhook => [['webhooks', webhookRow(webhook)]],
  'webhook-delivery': delivery => [['webhook_deliveries', toDeliveryRow(delivery)]],
  cursor: ({ id, positions, ...cursor }) => [['cursors', { _id: id, ...cursor, positions: JSON.stringify(positions) }]],
  preferences: ({ user_id, quiet_hours, ...rest }) => [
    ['preferences', { _id: user_id, ...rest, quiet_hours: JSON.stringify(quiet_hours), user_change: 0 }],
  ],
  status: ({ user_id, ...status }) => [['statuses', { _id: user_id, ...status }]],
  device: device => [['devices', deviceRow(device)]],
  pushed: state => [['pushed', { _id: pushedKey(state.device_id, state.conversation_id), ...state }]],
  notice: ({ id, data, ...notice }) => [['notices', { _id: id, ...notice, data: JSON.stringify(data) }]],
  'notice-outcome': ({ notice_id, device_id, ...rest }) => [
    ['notice_outcomes', { _id: noticeKey(notice_id, device_id), notice_id, ...rest }],
  ],
  upload: ({ id, ...upload }) => [
    ['uploads', { _id: id, ...upload, ...(upload.finished ? {} : { open_of: upload.user_id }) }],
  ],
  job: ({ id, queue, payload, due_at, attempts, expires_at }) => {
    const state = due_at === null ? { dead: queue } : { due: `${queue}:${due_at}` }
    const expiry = expires_at === null ? {} : { expires_at }
    return [['jobs', { _id: id, queue, payload, attempts, claim: '', ...state, ...expiry }]]
  },
  rollup: ({ counts, ...sheet }) => {
    const numbers = { count: totalOf(counts), counts: JSON.stringify(counts), batch: MOVED_BATCH }
    return [['sheets', { _id: sheetKey(sheet), ...sheet, ...numbers }]]
  },
  counted: ({ stream, change }) => [['counted', { _id: stream, change, batch: MOVED_BATCH }]],
  conversation: ({ id, pair, ...record }) => {
    const own = { pair, senders: [], senders_moved: false, public_name: record.purged ? null : publicName(record) }
    const head: Put = ['conversations', { _id: id, ...record, ...own }]
    return pair === null ? [head] : [head, ['pairs', { _id: pair, conversation_id: id }]]
  },
  member: member => [['members', fromNewMember(member)]],
  invite: ({ code, ...invite }) => [['invites', { _id: code, ...invite }]],
  message: message => [['messages', fromMessage(message)]],
  version: ({ conversation_id, ...version }) => {
    const _id = versionKey(conversation_id, version.message_id, version.change)
    return [['versions', { _id, ...version, erased: false }]]
  },
  pin: pin => {
    const _id = pinKey(pin.conversation_id, pin.message_id)
    return [['pins', { _id, ...pin, present: true, change: pin.pinned_change }]]
  },
  mention: mention => {
    const _id = mentionKey(mention.conversation_id, mention.user_id, mention.seq)
    return [['mentions', { _id, ...mention, user_change: 0, deleted_at_change: NOT_DELETED }]]
  },
  reference: ({ conversation_id, by, file_id }) => {
    const _id = fileReferenceKey(conversation_id, by, file_id)
    return [['file_references', { _id, file_id, conversation_id, live: true, change: 0 }]]
  },
  file: ({ id, expires_at, ...file }) => [
    ['files', { _id: id, ...file, expires_at: expires_at ?? NEVER, removal: null }],
  ],
  'deleted-file': ({ id, ...deleted }) => [['deleted_files', { _id: id, ...deleted }]],
  contact: contact => {
    const _id = contactKey(contact.user_id, contact.contact_id)
    return [['contacts', { _id, ...fromContact(contact), user_change: 0 }]]
  },
  log: ({ stream, entries }) => logRows(stream, entries).map(row => ['log', row]),
  'user-stream': ({ stream, entries }) => [
    ...logRows(stream, entries).map((row): Put => ['log', row]),
    ...entries.flatMap(entry => followsFrom(stream, entry)),
  ],
  head: ({ stream, last_change }) => [['streams', { _id: stream, last_change }]],
  usage: ({ user_id, ...used }) => [['file_usage', { _id: user_id, ...used }]],
  follower: ({ name, streams }) => [['followers', { _id: name, streams, since: '', marked: true }]],
  follow: ({ follower, stream, position, last_change: head }) => {
    const waits = position < head ? { queue: `${follower}:${b36(0)}` } : {}
    return [['follows', { _id: followKey(follower, stream), follower, stream, position, head, ...waits }]]
  },
  keys: keys => [['keys', { _id: 'vapid', ...keys }]],
}

type Entries = Moved['log']['entries']

/** The entries as rows of the log. A stream is read in the same parts each time, so that its rows are the same, too. */
function logRows(stream: string, entries: Entries): LogRow[] {
  const rows: LogRow[] = []
  let sourced = false
  for (const entry of entries) {
    const line = lineOf(entry)
    const row = rows.at(-1)
    if (row && row.entries.length < MAX_ENTRIES && !(sourced && line.source !== undefined)) {
      row.entries.push(line)
      row.last = entry.change
      sourced ||= line.source !== undefined
    } else {
      const place = { stream, first: entry.change, last: entry.change }
      rows.push({ _id: logKey(stream, entry.change), ...place, attempt_id: 'moved', entries: [line] })
      sourced = line.source !== undefined
    }
  }
  return rows
}

/** Everything up to the heads is projected, so what a projection needs beyond the event (`hidden`) is not asked for again. */
function lineOf(entry: Entries[number]): LogLine {
  const { event, seq, at, json } = entry
  const source = sourceOf(entry)
  return { event, seq, at, json, hidden: null, ...(source === null ? {} : { source }) }
}

/** The `conversation:change` that a joined entry follows from: the conversation in it is as of that change. */
function sourceOf({ event, json }: Entries[number]): string | null {
  if (event !== 'conversation.joined') return null
  // Cast: what was written under an event's name is that event's data.
  const { conversation } = JSON.parse(json) as Entry<'conversation.joined'>['data']
  return `${conversation.id}:${conversation.last_change}`
}

/** The rows that find an entry of a user stream again: when its conversation is purged, and when the contact is deleted. */
function followsFrom(user_id: string, entry: Entries[number]): Put[] {
  const { event, change, json } = entry
  const source = sourceOf(entry)
  if (source !== null) return [['sources', { _id: sourceKey(user_id, source), change }]]
  if (!event.startsWith('contact.')) return []
  const { contact_id } = JSON.parse(json) as Contact
  return [['profiles', { _id: profileKey(contact_id, user_id, change) }]]
}
