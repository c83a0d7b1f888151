import type { Contract } from '../../../contracts/index.ts'
import type { Input, Output } from '../../../contracts/kit.ts'
import type { Context } from '../../context.ts'
import { toEventConversation } from '../../domain/log/wire.ts'
import { toInvite } from '../../domain/invites.ts'
import { toFile } from '../../domain/files.ts'
import { toMessage } from '../../domain/messages.ts'
import { pageOf, toList } from '../../domain/paging.ts'
import { toPreferences } from '../../domain/preferences.ts'
import type { ExportSection } from '../../domain/retention.ts'
import { noStatus } from '../../domain/status.ts'
import { toUser } from '../../domain/users.ts'
import { toSession } from '../auth/sessions.ts'
import { toContacts } from '../contacts/view.ts'
import { toMes } from '../conversations/view.ts'
import { toDevice } from '../notifications/devices.ts'

type Operation = Contract['users']['export']
type Exported = Output<Operation>

/** The sections that are read page by page. */
type Section = Exclude<ExportSection, 'user' | 'preferences' | 'status'>

/** Where a page begins: at this session, contact, device, file or conversation, or after this seq of the user's messages in one. */
interface ExportCursor {
  section: Section
  id: string
  seq: number
}
interface Row extends ExportCursor {
  session?: Exported['sessions'][number]
  contact?: Exported['contacts'][number]
  device?: Exported['devices'][number]
  file?: Exported['files'][number]
  conversation?: Exported['conversations'][number]
  invite?: Exported['invites'][number]
  message?: Exported['messages']['data'][number]
}

/** One page of everything that is stored of a user: in the order of `SECTIONS`. */
export async function exportPage(context: Context<Operation>, { start, limit }: Input<Operation>): Promise<Exported> {
  const from: ExportCursor | null = start === undefined ? { section: 'sessions', id: '', seq: 0 } : decode(start)
  if (!from)
    return context.fail('validation_failed', {
      errors: [{ path: 'start', message: 'must be the next_start of the previous page' }],
    })
  const rows: Row[] = []
  for (const read of Object.values(SECTIONS)) {
    const most = limit + 1 - rows.length
    if (most > 0) rows.push(...(await read(context, from, most)))
  }
  const page = toList(rows, limit, row => row.id, encode)
  const { has_more, next_start } = page
  const sent = page.data.flatMap(({ message }) => message ?? [])
  return {
    user: toUser(context.caller.user, context.caller.user),
    preferences: toPreferences(await context.storage.preferences.find(context.caller.id)),
    status: await statusOfCaller(context),
    sessions: page.data.flatMap(({ session }) => session ?? []),
    contacts: page.data.flatMap(({ contact }) => contact ?? []),
    devices: page.data.flatMap(({ device }) => device ?? []),
    files: page.data.flatMap(({ file }) => file ?? []),
    conversations: page.data.flatMap(({ conversation }) => conversation ?? []),
    invites: page.data.flatMap(({ invite }) => invite ?? []),
    messages: { ...toList(sent, limit, ({ id }) => id), has_more, next_start },
  }
}

/** What the user set, whether or not it has expired, and when they were last active. */
async function statusOfCaller({ storage, caller }: Context<Operation>): Promise<Exported['status']> {
  const [record = noStatus(caller.id)] = await storage.statuses.findMany([caller.id])
  const { user_id: _user_id, ...status } = record
  return status
}

type Read = (context: Context<Operation>, from: ExportCursor, most: number) => Promise<Row[]>

const sessions: Read = async ({ caller, storage, clock }, { section, id }, limit) => {
  if (section !== 'sessions') return []
  const all = await storage.sessions.listOfUser(caller.id, clock().toISOString())
  const page = pageOf(all, each => each.id, { ascending: true, start: id, limit })
  return page.map(each => ({ section, id: each.id, seq: 0, session: toSession(each, caller.session.id) }))
}

const contacts: Read = async ({ caller, storage }, from, limit) => {
  const section = 'contacts'
  const start = startOf(section, from)
  if (start === null) return []
  const rows = await storage.contacts.list(caller.id, 'all', { ascending: true, start, limit })
  const shown = await toContacts(storage, rows)
  return shown.map(contact => ({ section, id: contact.contact_id, seq: 0, contact }))
}

const devices: Read = async ({ caller, storage }, from, limit) => {
  const section = 'devices'
  const start = startOf(section, from)
  if (start === null) return []
  const all = await storage.devices.ofUsers([caller.id])
  const page = pageOf(all, each => each.id, { ascending: true, start, limit })
  return page.map(each => ({ section, id: each.id, seq: 0, device: toDevice(each) }))
}

const files: Read = async ({ caller, storage }, from, limit) => {
  const section = 'files'
  const start = startOf(section, from)
  if (start === null) return []
  const rows = await storage.files.listOfUser(caller.id, start, limit)
  return rows.map(record => ({ section, id: record.id, seq: 0, file: toFile(record) }))
}

const conversations: Read = async ({ caller, storage }, from, limit) => {
  const section = 'conversations'
  const start = startOf(section, from)
  if (start === null) return []
  const memberships = await storage.members.ofUser(caller.id)
  const page = pageOf(memberships, membership => membership.conversation.id, { ascending: true, start, limit })
  const mes = await toMes(storage, caller.user, page)
  return page.flatMap(({ conversation }) => {
    const { participants: _participants, ...shown } = toEventConversation(conversation, [])
    const me = mes.get(conversation.id)
    return me ? [{ section, id: conversation.id, seq: 0, conversation: { ...shown, me } }] : []
  })
}

const invites: Read = async ({ caller, storage }, from, limit) => {
  const section = 'invites'
  const start = startOf(section, from)
  if (start === null) return []
  const page = await storage.invites.ofUser(caller.id, { ascending: true, start, limit })
  return page.map(invite => ({ section, id: invite.id, seq: 0, invite: toInvite(invite) }))
}

const messages: Read = async ({ caller, storage }, { section, id, seq }, limit) => {
  const after = section === 'messages' ? { conversation_id: id, seq } : null
  const sent = await storage.messages.bySender(caller.id, after, limit)
  return sent.map(message => ({
    section: 'messages',
    id: message.conversation_id,
    seq: message.seq - 1,
    message: toMessage(message, caller.id),
  }))
}

/** In the order in which they are shown. A section that `RETENTION` names and that is not read here does not compile. */
const SECTIONS: Record<Section, Read> = { sessions, contacts, devices, files, conversations, invites, messages }

/** The id at which a section continues; null: it ended on an earlier page. */
function startOf(section: Section, from: ExportCursor): string | null {
  const order = Object.keys(SECTIONS)
  const later = order.indexOf(section) - order.indexOf(from.section)
  return later < 0 ? null : later === 0 ? from.id : ''
}

function isSection(text: string): text is Section {
  return Object.hasOwn(SECTIONS, text)
}

function encode({ section, id, seq }: ExportCursor): string {
  return Buffer.from(`${section} ${id} ${seq}`).toString('base64url')
}

function decode(cursor: string): ExportCursor | null {
  const text = Buffer.from(cursor, 'base64url').toString('utf8')
  const [, section = '', id = '', seq = ''] = /^([a-z]+) ([0-9a-f-]{36}) (\d{1,15})$/.exec(text) ?? []
  if (!isSection(section)) return null
  return { section, id, seq: Number(seq) }
}
