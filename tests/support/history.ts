import type { Message } from '../../contracts/entities.ts'
import type { Client } from '../../src/sdk/index.ts'

/** Every message of a conversation, oldest first, page by page. */
export async function readHistory(client: Client, conversation_id: string): Promise<Message[]> {
  const all: Message[] = []
  let start: string | null = null
  do {
    const page: Awaited<ReturnType<Client['messages']['list']>> = await client.messages.list({
      conversation_id,
      sort: 'asc',
      limit: 100,
      ...(start === null ? {} : { start }),
    })
    all.push(...page.data)
    start = page.next_start
  } while (start !== null)
  return all
}
