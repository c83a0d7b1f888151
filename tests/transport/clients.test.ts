import { treaty } from '@elysiajs/eden'
import { createTRPCClient, httpBatchLink } from '@trpc/client'
import { expect, test } from 'bun:test'
import type { Message, Profile } from '../../contracts/entities.ts'
import type { App } from '../../src/package/eden.ts'
import type { AppRouter } from '../../src/package/trpc.ts'
import { groupOf, register } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'

const server = sharedServer()

/** Compiles only if both types are equal. */
function expectSame<A, B>(_proof: [A] extends [B] ? ([B] extends [A] ? true : never) : never): void {}

test('the tRPC client is typed from the contract and batches', async () => {
  const ada = await register(server, 'ada')
  const { id: conversation_id } = await groupOf(ada, [])
  const trpc = createTRPCClient<AppRouter>({
    links: [httpBatchLink({ url: `${server.url}/trpc`, headers: { authorization: `Bearer ${ada.access_token}` } })],
  })
  const [me, sent] = await Promise.all([
    trpc.users.me.query(),
    trpc.messages.send.mutate({ conversation_id, content: '2026-01-02', metadata: { when: '2026-01-02' } }),
  ])
  expectSame<(typeof me)['unread'], Profile['unread']>(true)
  expectSame<typeof sent, Message>(true)
  expect(me.id).toBe(ada.id)
  expect(sent).toMatchObject({ content: '2026-01-02', seq: 1 })
  // @ts-expect-error conversation_id is missing
  const wrong = trpc.messages.send.mutate({ content: 'x' })
  expect(await wrong.catch((error: unknown) => error)).toMatchObject({
    data: { httpStatus: 422, problem: { code: 'validation_failed', errors: [{ path: 'conversation_id' }] } },
  })
})

test('the Eden client is typed from the contract', async () => {
  const ada = await register(server, 'ada')
  const { id } = await groupOf(ada, [])
  const eden = treaty<App>(server.url, { parseDate: false, headers: { authorization: `Bearer ${ada.access_token}` } })
  const sent = await eden.conversations({ conversation_id: id }).messages.post({ content: '2026-01-02' })
  expect(sent.status).toBe(201)
  expect(sent.data).toMatchObject({ content: '2026-01-02', seq: 1 })
  if (sent.data) expectSame<typeof sent.data, Message>(true)
  const list = await eden.conversations({ conversation_id: id }).messages.get({ query: { limit: 5 } })
  expect(list.data?.data.map(message => message.content)).toEqual(['2026-01-02'])
  const me = await eden.users.me.get()
  expect(me.data?.username).toBe(ada.name)
  const missing = await eden.messages({ message_id: Bun.randomUUIDv7() }).get()
  expect(missing.error?.status).toBe(404)
  expect(missing.error?.value).toMatchObject({ code: 'not_found' })
  const gone = await eden.messages({ message_id: sent.data?.id ?? '' }).put({ content: 'x' })
  if (missing.error) expectSame<typeof missing.error.status, 400 | 401 | 403 | 404 | 413 | 422 | 429 | 500 | 503>(true)
  if (gone.error)
    expectSame<typeof gone.error.status, 400 | 401 | 403 | 404 | 408 | 410 | 413 | 415 | 422 | 423 | 429 | 500 | 503>(
      true,
    )
})
