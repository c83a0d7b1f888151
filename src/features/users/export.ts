import type { Contract } from '../../../contracts/index.ts'
import type { Input, Output } from '../../../contracts/kit.ts'
import type { Caller, Services } from '../../context.ts'
import { toMessage } from '../../domain/messages.ts'
import { toList } from '../../domain/paging.ts'
import { toUser } from '../../domain/users.ts'
import { toSession } from '../auth/sessions.ts'
import { toMe } from '../conversations/view.ts'

type Operation = Contract['users']['export']

/** One page of everything that is kept of a user. */
export async function exportPage(
  { storage, clock }: Pick<Services, 'storage' | 'clock'>,
  { user, session }: Caller,
  { start, limit }: Input<Operation>,
): Promise<Output<Operation>> {
  const [sessions, seats, sent] = await Promise.all([
    storage.sessions.listOfUser(user.id, clock().toISOString()),
    storage.members.ofUser(user.id),
    storage.messages.bySender(user.id, start === undefined ? null : decode(start), limit + 1),
  ])
  const conversations = await Promise.all(
    seats.map(async ({ member, conversation }) => {
      const { access_change: _access_change, active_at: _active_at, ...shown } = conversation
      return { ...shown, me: await toMe(storage, user, member, conversation) }
    }),
  )
  const list = toList(
    sent,
    limit,
    message => message.id,
    (_next, last) => encode(last),
  )
  const messages = { ...list, data: list.data.map(message => toMessage(message, user.id)) }
  return {
    user: toUser(user, user),
    sessions: sessions.map(each => toSession(each, session.id)),
    conversations,
    messages,
  }
}

function encode({ conversation_id, seq }: { conversation_id: string; seq: number }): string {
  return Buffer.from(`${conversation_id}.${seq}`).toString('base64url')
}

function decode(cursor: string): { conversation_id: string; seq: number } {
  const [conversation_id = '', seq = ''] = Buffer.from(cursor, 'base64url').toString('utf8').split('.')
  return { conversation_id, seq: Number.parseInt(seq, 10) || 0 }
}
