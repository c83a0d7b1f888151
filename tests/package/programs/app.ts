import { createClient, isRefusal, type Client, type Conversation, type EventFrame, type Message } from 'parley-client'

const client: Client = createClient({ url: 'http://localhost:3000' })
export const send = (conversation: Conversation): Promise<Message> =>
  client.messages.send({ conversation_id: conversation.id, content: 'Hello' })
export const textOf = (frame: EventFrame) => frame.event
export const missing = (error: unknown) => isRefusal(error, 'messages.get', 'not_found')
