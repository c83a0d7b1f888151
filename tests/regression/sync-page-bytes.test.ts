import { expect, test } from 'bun:test'
import { MAX_ANSWER_BYTES } from '../../contracts/limits.ts'
import { groupOf, register, say } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'

const server = sharedServer()
/** 24,000 bytes of UTF-8 in 8,000 UTF-16 units. */
const LONG = '語'.repeat(8_000)
const MESSAGES = 24

test('A page of /sync is limited in bytes of UTF-8, also where a character has three.', async () => {
  const ada = await register(server, 'ada')
  const { id: room } = await groupOf(ada, [])
  const page = async (cursor?: string) => {
    const query = cursor === undefined ? '' : `?cursor=${cursor}`
    const answer = await fetch(`${server.url}/sync${query}`, {
      headers: { authorization: `Bearer ${ada.access_token}` },
    })
    const text = await answer.text()
    const body = JSON.parse(text) as { events: { change: number }[]; cursor: string; has_more: boolean }
    return { bytes: Buffer.byteLength(text), ...body }
  }
  let { cursor } = await page()
  for (let n = 0; n < MESSAGES; n += 1) await say(ada, room, LONG)
  const changes: number[] = []
  for (let more = true; more;) {
    const next = await page(cursor)
    // The events of a page exceed the limit by one entry at most; names and numbers around the texts come on top.
    expect(next.bytes).toBeLessThan(MAX_ANSWER_BYTES + 2 * Buffer.byteLength(LONG))
    changes.push(...next.events.map(({ change }) => change))
    ;({ cursor, has_more: more } = next)
  }
  expect(changes).toEqual(Array.from({ length: MESSAGES }, (_, n) => n + 2))
})
