import type { Job } from '../../jobs/job.ts'
import type { MessageRecord } from '../../domain/records.ts'
import { SearchUnavailable, type Rebuild, type SearchIndex } from '../../ports/search.ts'
import type { Storage } from '../../ports/storage.ts'
import { changeOf } from './changes.ts'

/** How often it is checked whether there is an index. */
const CHECK_MS = 500
/** Messages of one write, and of one read. */
const MESSAGES_AT_ONCE = 500
const CONVERSATIONS_AT_ONCE = 100

type Source = Pick<Storage, 'conversations' | 'messages'>

/**
 * Builds the index from storage where there is none of this store and version: at the first start, after an upgrade that
 * changes its format, when it was lost, and when an operator asks for it. The server serves meanwhile; searches are refused only
 * where there is no index to answer them.
 */
export function openSearchRebuild(index: SearchIndex, storage: Source): Job {
  return {
    name: 'search-rebuild',
    every_ms: CHECK_MS,
    async run() {
      if (await isWanted(index)) await rebuild(index, storage)
    },
  }
}

/** That the index cannot be reached is reported by searches and by the follower. */
async function isWanted(index: SearchIndex): Promise<boolean> {
  try {
    return (await index.state()) !== 'whole'
  } catch (error) {
    if (error instanceof SearchUnavailable) return false
    throw error
  }
}

/**
 * Fills a new index from storage and puts it in the place of the present one. `done` is told how many messages are read; their
 * number is returned.
 */
export async function rebuild(
  index: SearchIndex,
  storage: Source,
  done: (messages: number) => void = () => undefined,
): Promise<number> {
  let count = 0
  const next = await index.begin()
  let waiting: MessageRecord[] = []
  const write = async () => {
    await next.apply(waiting.flatMap(message => changeOf(message) ?? []))
    await correct(next, storage, waiting)
    done((count += waiting.length))
    waiting = []
  }
  for await (const messages of stored(storage)) {
    waiting.push(...messages)
    if (waiting.length >= MESSAGES_AT_ONCE) await write()
  }
  await write()
  await next.finish()
  return count
}

/** All messages in parts of at most `MESSAGES_AT_ONCE`, conversation by conversation. */
async function* stored({ conversations, messages }: Source): AsyncIterable<MessageRecord[]> {
  for (let start: string | undefined; ;) {
    const page = { ascending: true, limit: CONVERSATIONS_AT_ONCE + 1, ...(start === undefined ? {} : { start }) }
    const listed = await conversations.listAll({}, page)
    for (const { id } of listed.slice(0, CONVERSATIONS_AT_ONCE)) yield* history(messages, id)
    start = listed[CONVERSATIONS_AT_ONCE]?.id
    if (start === undefined) return
  }
}

async function* history(messages: Source['messages'], conversation_id: string): AsyncIterable<MessageRecord[]> {
  for (let from = 1; ;) {
    const part = await messages.list(conversation_id, { ascending: true, from, limit: MESSAGES_AT_ONCE })
    const last = part.at(-1)
    if (!last) return
    yield part
    from = last.seq + 1
  }
}

/**
 * The follower writes to the new index too. What it wrote between the read of these messages and their write may have been
 * replaced by an older text, so what has changed since the read is written again. What changes from now on the follower writes
 * after them.
 */
async function correct(next: Rebuild, storage: Source, written: readonly MessageRecord[]): Promise<void> {
  const now = await storage.messages.findMany(written.map(({ id }) => id))
  const current = new Map(now.map(message => [message.id, message]))
  const changes = written.flatMap(message => {
    const { id, conversation_id, seq, change } = message
    const found = current.get(id)
    if (found?.change === change) return []
    return found ? (changeOf(found) ?? []) : [{ kind: 'remove', id, conversation_id, seq } as const]
  })
  if (changes.length > 0) await next.apply(changes)
}
