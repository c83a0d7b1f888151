import { describe, expect, test } from 'bun:test'
import type { Client, ListName } from '../../src/sdk/index.ts'
import { operations } from '../../contracts/index.ts'
import { groupOf, register } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'
import { startScripted } from './scripted-server.ts'

const server = sharedServer()

async function roomWith(count: number): Promise<{ client: Client; conversation_id: string; contents: string[] }> {
  const ada = await register(server, 'ada')
  const { id: conversation_id } = await groupOf(ada, [])
  const contents = Array.from({ length: count }, (_, index) => `message ${index}`)
  for (const content of contents) await ada.client.messages.send({ conversation_id, content })
  return { client: ada.client, conversation_id, contents }
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

describe('pages', () => {
  test('the items of a list come one by one over all pages, in both directions and from any place', async () => {
    const { client, conversation_id, contents } = await roomWith(7)
    const texts = (pages: AsyncIterable<{ type: string; content: string | null }>) =>
      all(pages).then(found => found.filter(({ type }) => type === 'text').map(({ content }) => content))
    const newest = contents.toReversed()
    expect(await texts(client.messages.pages({ conversation_id, limit: 2 }))).toEqual(newest)
    expect(await texts(client.messages.pages({ conversation_id, limit: 3, sort: 'asc' }))).toEqual(contents)
    expect(await texts(client.pages('messages.list', { conversation_id, limit: 100 }))).toEqual(newest)

    const { data } = await client.messages.list({ conversation_id, sort: 'asc', limit: 100 })
    const middle = data.find(({ content }) => content === 'message 3')?.id ?? ''
    expect(await texts(client.messages.pages({ conversation_id, limit: 2, start: middle }))).toEqual(newest.slice(3))
    const around = await texts(client.messages.pages({ conversation_id, limit: 2, around: middle }))
    expect(around.slice(around.indexOf('message 3'))).toEqual(contents.slice(3))
  })

  test('pages are fetched when they are needed, and not after a break', async () => {
    let calls = 0
    await using scripted = startScripted(({ url }) => {
      calls += 1
      const start = Number(new URL(url).searchParams.get('start') ?? 0)
      const list = { object: 'list', first_id: null, last_id: null, has_more: true, next_start: String(start + 2) }
      return Response.json({ ...list, data: [start, start + 1] })
    })
    const seen: unknown[] = []
    for await (const item of scripted.clientOf().contacts.pages()) {
      seen.push(item)
      if (seen.length === 3) break
    }
    expect(seen).toEqual([0, 1, 2] as unknown[])
    expect(calls).toBe(2)
  })

  test('a list that repeats a page ends with an error', async () => {
    await using scripted = startScripted(() =>
      Response.json({ object: 'list', data: [1], first_id: null, last_id: null, has_more: true, next_start: 'x' }),
    )
    const error = await all(scripted.clientOf().contacts.pages()).catch((reason: unknown) => reason)
    expect(String(error)).toContain('the same page again')
  })

  test('a list is not continued after its signal was aborted', async () => {
    const { client, conversation_id } = await roomWith(5)
    const controller = new AbortController()
    const seen: unknown[] = []
    const reading = (async () => {
      for await (const item of client.messages.pages({ conversation_id, limit: 2 }, controller)) {
        seen.push(item)
        controller.abort()
      }
    })()
    const error: unknown = await reading.catch((reason: unknown) => reason)
    expect(error).toMatchObject({ name: 'AbortError' })
    expect(seen).toHaveLength(1)
  })

  test('calls of next() that do not wait for each other give each item once', async () => {
    const { client, conversation_id } = await roomWith(4)
    const pages = client.messages.pages({ conversation_id, limit: 1, sort: 'asc' })
    const results = await Promise.all(Array.from({ length: 8 }, () => pages.next()))
    const ids = results.flatMap(({ done, value }) => (done ? [] : [value.id]))
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.length).toBeGreaterThanOrEqual(4)
    expect(results.at(-1)?.done).toBe(true)
  })

  test('every operation that answers a list has pages', async () => {
    await using scripted = startScripted(() =>
      Response.json({
        object: 'list',
        data: ['one'],
        first_id: null,
        last_id: null,
        has_more: false,
        next_start: null,
      }),
    )
    const client = scripted.clientOf()
    for (const [name, { output, example }] of operations()) {
      if (!output || !('shape' in output) || !('next_start' in (output.shape as object))) continue
      // Cast: the operation answers a list.
      const items = client.pages(name as ListName, example.input)
      expect(await all<unknown>(items)).toEqual(['one'])
    }
  })
})
