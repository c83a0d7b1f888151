import { createTRPCClient, httpBatchLink } from '@trpc/client'
import { beforeAll, expect, test } from 'bun:test'
import type { AppRouter } from '../../src/package/trpc.ts'
import { groupOf, register, type Person } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'

const server = sharedServer()

let ada: Person
let conversation_id = ''
beforeAll(async () => {
  ada = await register(server, 'ada')
  conversation_id = (await groupOf(ada, [])).id
  for (const content of ['1', '2', '3']) await ada.client.messages.send({ conversation_id, content })
})

const trpc = () =>
  createTRPCClient<AppRouter>({
    links: [httpBatchLink({ url: `${server.url}/trpc`, headers: { authorization: `Bearer ${ada.access_token}` } })],
  })

test('an infinite query reads a list to its end by cursor', async () => {
  const texts: (string | null)[] = []
  let cursor: string | null = null
  do {
    // As infinite queries send it.
    const paged = { cursor, direction: 'forward' }
    const page = await trpc().messages.list.query({ conversation_id, limit: 2, sort: 'asc', ...paged })
    texts.push(...page.data.map(({ content }) => content))
    cursor = page.next_start
  } while (cursor !== null)
  expect(texts).toEqual(['1', '2', '3'])
})

test('a cursor takes the place of the start that the first page had', async () => {
  const { data } = await trpc().messages.list.query({ conversation_id, sort: 'asc' })
  const [first, second] = data.map(({ id }) => id)
  const page = await trpc().messages.list.query({
    conversation_id,
    sort: 'asc',
    limit: 1,
    start: first,
    cursor: second,
  })
  expect(page.data.map(({ content }) => content)).toEqual(['2'])
})

test('a list that is asked for pages backwards says how it is read the other way', async () => {
  const wrong = { conversation_id, direction: 'backward' }
  expect(
    await trpc()
      .messages.list.query(wrong)
      .catch((error: unknown) => error),
  ).toMatchObject({
    data: { httpStatus: 422, problem: { errors: [{ path: 'direction' }] } },
  })
})

test('a query that is no list takes no cursor', async () => {
  const wrong = { cursor: null }
  expect(
    await trpc()
      .users.me.query(wrong as never)
      .catch((error: unknown) => error),
  ).toMatchObject({
    data: { httpStatus: 422, problem: { errors: [{ path: 'cursor' }] } },
  })
})
