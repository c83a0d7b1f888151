import type { Message } from '../../contracts/entities.ts'
import type { Client } from '../../src/sdk/index.ts'
import { patiently } from './send-once.ts'
import { until } from './until.ts'

/**
 * Expects that a search for the word, which all of the messages have, finds each of them once and nothing else. The index
 * follows the log, so it may take a moment.
 */
export async function expectSearchable(
  reader: Client,
  conversation_id: string,
  word: string,
  messages: readonly Pick<Message, 'id'>[],
): Promise<void> {
  const expected = messages.map(({ id }) => id).toSorted()
  let found: string[] = []
  await until(
    async () => {
      found = await foundBy(reader, conversation_id, word)
      return Bun.deepEquals(found, expected)
    },
    `${expected.length} messages to be found`,
    () => `${found.length} hits, ${new Set(found).size} of them different`,
  )
}

/** The ids of all hits, sorted. */
async function foundBy(reader: Client, conversation_id: string, q: string): Promise<string[]> {
  const ids: string[] = []
  for (let start: string | null = null; ;) {
    const input = { q, conversation_id, sort: 'recent', limit: 100, ...(start === null ? {} : { start }) } as const
    const page: Awaited<ReturnType<Client['search']['messages']>> = await patiently(() => reader.search.messages(input))
    ids.push(...page.data.map(({ message }) => message.id))
    start = page.next_start
    if (start === null) return ids.toSorted()
  }
}
