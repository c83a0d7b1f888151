import { expect, test } from 'bun:test'
import { changesOf } from '../../src/features/search/changes.ts'
import { group, said } from '../support/drafts.ts'
import { openStackStore } from '../support/store.ts'

test('entries that a purge has blanked before they were indexed change nothing in the index', async () => {
  await using place = await openStackStore()
  const { log } = place.storage
  const [room, ada] = [Bun.randomUUIDv7(), Bun.randomUUIDv7()]
  await log.appendTo(room, [group(ada)], {})
  const { message, ...hello } = said(ada, 'hello')
  await log.appendTo(room, [{ ...hello, message }], {})
  await log.appendTo(room, [{ event: 'message.updated', message_id: message.id, patch: { content: 'bye' } }], {})
  await log.appendTo(room, [{ event: 'message.deleted', message_id: message.id }], {})
  await log.appendTo(room, [{ event: 'conversation.deleted' }], {})
  const entries = await log.read(room, 0, 100)
  expect(entries).toHaveLength(5)
  expect(entries.flatMap(changesOf)).toEqual([{ kind: 'purge', conversation_id: room }])
})
