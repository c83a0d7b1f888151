import { describe, expect, test } from 'bun:test'
import type { OperationName } from '../../contracts/index.ts'
import { groupOf, register, say } from '../support/people.ts'
import { sharedServer, startTestServer } from '../support/server.ts'
import { shared } from '../support/shared.ts'
import { transportsOf } from '../support/transports.ts'

const server = sharedServer()
const scene = shared(async () => {
  const ada = await register(server, 'ada')
  return { ada, room: (await groupOf(ada, [])).id }
})

async function byAll(name: OperationName, input: Record<string, unknown>) {
  const transports = transportsOf(server.url)
  const answers = []
  for (const transport of [transports.rest, transports.trpc, transports.socket]) {
    const { status, body } = await transport(name, input, scene().ada.access_token)
    const { code, errors } = body as { code?: string; errors?: unknown }
    answers.push({ status, code, errors })
  }
  return answers
}

const deep = (levels: number): unknown => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`)

describe('input that no schema would refuse is refused alike by all transports', () => {
  test('input that is nested too deeply is refused alike by all transports', async () => {
    for (const levels of [70, 5_000, 25_000]) {
      const answers = await byAll('messages.send', {
        conversation_id: scene().room,
        content: 'x',
        metadata: { a: deep(levels) },
      })
      const refused = {
        status: 422,
        code: 'validation_failed',
        errors: [{ path: 'metadata', message: 'is nested deeper than 64 levels' }],
      }
      expect(answers).toEqual([refused, refused, refused])
    }
  })

  test('input with the key __proto__ is refused alike by all transports', async () => {
    for (const metadata of ['{"__proto__":{"a":1}}', '{"a":{"__proto__":1}}', '{"a":[{"__proto__":null}]}']) {
      const answers = await byAll('messages.send', {
        conversation_id: scene().room,
        content: 'x',
        metadata: JSON.parse(metadata) as unknown,
      })
      const refused = {
        status: 422,
        code: 'validation_failed',
        errors: [{ path: 'metadata', message: 'holds a forbidden key' }],
      }
      expect(answers).toEqual([refused, refused, refused])
    }
  })

  test('input with too many unknown fields is refused alike by all transports', async () => {
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`field${index}`, 1]))
    for (const { status, errors } of await byAll('messages.send', { conversation_id: scene().room, ...many })) {
      expect(status).toBe(422)
      expect(errors).toHaveLength(20)
    }
  })
})

describe('tRPC', () => {
  const call = (name: string, input: unknown, headers: Record<string, string> = {}) =>
    fetch(`${server.url}/trpc/${name}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${scene().ada.access_token}`, 'content-type': 'application/json', ...headers },
      body: typeof input === 'string' ? input : JSON.stringify(input),
    })
  const told = async (response: Response) => {
    const { error } = (await response.json()) as {
      error: { data: { httpStatus: number; problem: { status: number; code: string } } }
    }
    return [response.status, error.data.httpStatus, error.data.problem.status, error.data.problem.code]
  }

  test('tRPC answers the status of the problem, also if tRPC has no code for it', async () => {
    const { id } = await say(scene().ada, scene().room, 'soon gone')
    await scene().ada.client.messages.delete({ message_id: id })
    expect(await told(await call('messages.update', { message_id: id, content: 'x' }))).toEqual([410, 410, 410, 'gone'])
    const closed = (await groupOf(scene().ada, [])).id
    await scene().ada.client.conversations.update({ conversation_id: closed, disabled: true })
    expect(await told(await call('messages.send', { conversation_id: closed, content: 'x' }))).toEqual([
      423,
      423,
      423,
      'conversation_disabled',
    ])
    expect(await told(await call('messages.send', 'x', { 'content-type': 'text/plain' }))).toEqual([
      415,
      415,
      415,
      'unsupported_media_type',
    ])
  })

  test('tRPC sends the headers of a status', async () => {
    const refused = await call('users.update', {}, { authorization: 'Bearer nonsense' })
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="parley"'])
    await using limited = await startTestServer({ settings: { PARLEY_RATE_CALLS: '1' } })
    const bob = await register(limited, 'bob')
    const me = () => fetch(`${limited.url}/trpc/users.me`, { headers: { authorization: `Bearer ${bob.access_token}` } })
    await me()
    const second = await me()
    expect([second.status, second.headers.get('ratelimit-policy')]).toEqual([429, '"calls";q=1;w=60'])
    expect(Number(second.headers.get('retry-after'))).toBeGreaterThan(0)
  })
})
