import { treaty } from '@elysiajs/eden'
import type { Message } from 'parley-client'
import type { App } from 'parley-client/eden'

const eden = treaty<App>('http://localhost:3000', { parseDate: false })

export async function read(message_id: string): Promise<Message | string> {
  const { data, error } = await eden.messages({ message_id }).get()
  if (!error) return data
  switch (error.status) {
    case 404:
      return error.value.code satisfies 'not_found'
    case 429:
      return error.value.code satisfies 'rate_limited'
    case 503:
      return error.value.code satisfies 'unavailable'
    case 400:
    case 401:
    case 403:
    case 413:
    case 422:
    case 500:
      return error.value.title
  }
}
export const me = async (): Promise<string | undefined> => (await eden.users.me.get()).data?.username
export const list = (conversation_id: string) =>
  eden.conversations({ conversation_id }).messages.get({ query: { limit: 5 } })
export const send = (conversation_id: string) =>
  eden.conversations({ conversation_id }).messages.post({ content: 'Hello' })
// @ts-expect-error content is a text
export const wrong = (conversation_id: string) => eden.conversations({ conversation_id }).messages.post({ content: 5 })
export const upload = (file: File) => eden.upload.post({ file })
