import {
  ConnectionLost,
  ParleyError,
  createClient,
  isRefusal,
  memoryTokens,
  refusalOf,
  type Client,
  type Conversation,
  type EventFrame,
  type LiveStatus,
  type Member,
  type Message,
  type OutboxEntry,
  type TokenStore,
  type User,
} from 'parley-client'
import { Store } from 'parley-client/store'

const tokens: TokenStore = memoryTokens()
const client: Client = createClient({ url: 'http://localhost:3000', tokens })
const aborting = new AbortController()

export const send = ({ id }: Conversation): Promise<Message> =>
  client.messages.send({ conversation_id: id, content: 'Hello' }, { signal: aborting.signal })
export const add = (id: string, user: User) => client.groups.addMembers({ conversation_id: id, user_ids: [user.id] })
export const me = () => client.users.me()
export const byName = (): Promise<Message> => client.call('messages.get', { message_id: '' })
// @ts-expect-error the message is missing
export const wrong = () => client.messages.get({})
// @ts-expect-error no such operation
export const unknown = () => client.call('messages.explode', {})

export async function texts(conversation_id: string): Promise<string[]> {
  const found: string[] = []
  for await (const { content } of client.messages.pages({ conversation_id })) found.push(content ?? '')
  return found
}

client.live.on('message.created', ({ data, stream, change }) => {
  const place: [string, number] = [stream, change]
  console.log(data.content, place)
})
client.live.on('member.added', ({ data }) => data.members.map(({ role }: Member) => role))
export function textOf(frame: EventFrame): string | null {
  // The name of the event decides which data it has.
  if (frame.event === 'message.created') return frame.data.content
  return frame.event === 'typing.started' ? frame.data.user_id : null
}
export const again = (status: LiveStatus) => ('retry_at' in status ? status.retry_at : null)

export function explain(error: unknown): string {
  if (error instanceof ConnectionLost) return 'no answer'
  if (isRefusal(error, 'messages.get', 'not_found')) return error.code satisfies 'not_found'
  // @ts-expect-error an operation has only its own codes
  if (isRefusal(error, 'messages.get', 'username_taken')) return ''
  const code = refusalOf(error, 'auth.register')?.code
  if (code === 'username_taken' || code === 'email_taken') return 'taken'
  return error instanceof ParleyError ? error.message : ''
}

const store = new Store(client)
export const inbox: readonly Conversation[] = store.inbox.get()
export const shown = store
  .messages('')
  .get()
  .items.map(({ message, state }) => `${state}: ${message.content}`)
export const failed = client.outbox.entries().filter(({ state }: OutboxEntry) => state === 'failed')
