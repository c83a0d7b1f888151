import { Message, contract, operations } from 'parley-client/contract'

export const message = Message.parse({})
export const text: string | null = message.content
export const path: '/conversations/{conversation_id}/messages' = contract.messages.send.path
export const names = operations().map(([name]) => name)
