import type { IndexChange, IndexedMessage, SearchIndex, SearchRequest } from '../../../src/ports/search.ts'
import { parseQuery } from '../../../src/domain/search/query.ts'

/** A place where an index can be opened, and opened again. */
export interface SearchSubject extends AsyncDisposable {
  /** Of a store with that epoch. */
  open(epoch?: string): Promise<SearchIndex>
}
export type SearchSubjects = () => Promise<SearchSubject>

export const EPOCH = 'the epoch of the tests'
export const id = () => Bun.randomUUIDv7()

const START = Date.parse('2026-03-01T12:00:00.000Z')

/** A conversation of a test, so that tests can share an index. */
export function room(index: () => SearchIndex) {
  const conversation_id = id()
  const sender_id = id()
  let seq = 0
  let change = 0

  function message(content: string, more: Partial<IndexedMessage> = {}): IndexedMessage {
    seq += 1
    change += 1
    const created_at = new Date(START + seq * 1000).toISOString()
    const base = {
      id: id(),
      conversation_id,
      seq,
      change,
      sender_id,
      type: 'text',
      has_file: false,
      created_at,
    } as const
    return { ...base, content, ...more }
  }

  async function apply(...changes: IndexChange[]): Promise<void> {
    await index().apply(changes)
  }

  /** The ids of what is found, all pages of it. */
  async function hits(text: string, more: Partial<SearchRequest> & { page?: number } = {}): Promise<string[]> {
    const { page = 100, ...request } = more
    const query = parseQuery(text)
    if (!query) throw new Error('too many words')
    const conversations = [{ id: conversation_id, last_seq: seq }]
    const found: string[] = []
    let start: string | undefined
    for (;;) {
      const asked = { query, conversations, sort: 'relevance', ...request, limit: page + 1 } as const
      const answer = await index().search(start === undefined ? asked : { ...asked, start })
      found.push(...answer.slice(0, page).map(hit => hit.id))
      start = answer[page]?.cursor
      if (start === undefined) return found
    }
  }

  return {
    conversation_id,
    sender_id,
    message,
    apply,
    hits,
    /** Stores texts and gives their ids. */
    async say(...texts: string[]): Promise<string[]> {
      const messages = texts.map(text => message(text))
      await apply(...messages.map(put))
      return messages.map(message => message.id)
    },
    /** Stores the texts and gives those that are found, in the order of the answer. */
    async among(texts: readonly string[], query: string, more: Parameters<typeof hits>[1] = {}): Promise<string[]> {
      const messages = texts.map(text => message(text))
      await apply(...messages.map(put))
      const found = await hits(query, more)
      return found.map(each => messages.find(message => message.id === each)?.content ?? '?')
    },
  }
}

export const put = (message: IndexedMessage): IndexChange => ({ kind: 'put', message })
export const remove = ({ id, conversation_id, seq }: IndexedMessage): IndexChange => ({
  kind: 'remove',
  id,
  conversation_id,
  seq,
})
