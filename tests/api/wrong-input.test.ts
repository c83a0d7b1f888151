import { describe, expect, test } from 'bun:test'
import * as fc from 'fast-check'
import type { Problem } from '../../contracts/errors.ts'
import { isCallable, operationOf, restOperations, type OperationName } from '../../contracts/index.ts'
import { fieldsIn, pathNames } from '../../contracts/kit.ts'
import { ProblemSchema } from '../../contracts/socket.ts'
import { groupOf, register, say, withRole } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'
import { shared } from '../support/shared.ts'
import { transportsOf } from '../support/transports.ts'

const CANARY = 'zq-canary-7391'

const server = sharedServer()
const scene = shared(async () => {
  const ada = await register(server, 'ada')
  const room = (await groupOf(ada, [])).id
  return { ada, root: await withRole(server, 'ADMIN'), room, note: (await say(ada, room, 'hello')).id }
})

/** Expects a problem document with a 4xx status that repeats nothing of the input. */
function expectRefusal(status: number, text: string, statuses: readonly number[]): Problem {
  expect(statuses).toContain(status)
  expect(text).not.toContain(CANARY)
  ProblemSchema.strict().parse(JSON.parse(text))
  return JSON.parse(text) as Problem
}

async function raw(path: string, init: RequestInit): Promise<{ status: number; text: string; headers: Headers }> {
  const headers = {
    authorization: `Bearer ${scene().ada.access_token}`,
    ...(init.headers as Record<string, string> | undefined),
  }
  const response = await fetch(`${server.url}${path}`, { ...init, headers })
  return { status: response.status, text: await response.text(), headers: response.headers }
}
const send = (body: BodyInit, type = 'application/json') =>
  raw(`/conversations/${scene().room}/messages`, { method: 'POST', headers: { 'content-type': type }, body })

describe('a request body', () => {
  test('a request body that is not a JSON object is 400', async () => {
    const bodies = [
      '',
      '{',
      'null',
      '[]',
      '"text"',
      '1',
      `{"content":"${CANARY}"`,
      'NaN',
      '{"a":1}{"b":2}',
      '\u0000',
      "{'a':1}",
    ]
    for (const body of bodies) {
      const { status, text } = await send(body)
      expectRefusal(status, text, body === '' ? [400, 422] : [400])
    }
  })

  test('a request body that is not UTF-8 is 400', async () => {
    const bytes = new Uint8Array([
      ...new TextEncoder().encode('{"content":"'),
      0xff,
      0xfe,
      ...new TextEncoder().encode('"}'),
    ])
    const { status, text } = await send(bytes)
    expectRefusal(status, text, [400])
  })

  test('a request body of another type is 415', async () => {
    for (const type of [
      'text/plain',
      'application/xml',
      'multipart/form-data; boundary=x',
      'application/x-www-form-urlencoded',
    ]) {
      const { status, text } = await send(`content=${CANARY}`, type)
      expectRefusal(status, text, [415])
    }
  })

  test('a request body that is too large is 413, with and without a length', async () => {
    const large = JSON.stringify({ content: CANARY.repeat(40_000) })
    const { status, text } = await send(large)
    expectRefusal(status, text, [413])
    const chunks = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(new TextEncoder().encode(' '.repeat(65_536)))
      },
    })
    const chunked = await send(chunks)
    expectRefusal(chunked.status, chunked.text, [413])
  })

  test('a request body that is deeply nested or has the key __proto__ is refused', async () => {
    const deep = `{"content":"x","metadata":{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}}`
    const forged = [
      '{"content":"x","__proto__":{"role":"ADMIN"}}',
      '{"content":"x","metadata":{"__proto__":{"role":"ADMIN"}}}',
      '{"content":"x","constructor":{"prototype":{"role":"ADMIN"}}}',
      deep,
    ]
    for (const body of forged) {
      const { status, text } = await send(body)
      expectRefusal(status, text, [400, 422])
    }
    expect((await raw('/users/me', {})).text).not.toContain('ADMIN')
  })

  test('a request body with a field of the path, or an unknown one, is 422', async () => {
    const collision = await send(JSON.stringify({ content: 'x', conversation_id: scene().room }))
    expectRefusal(collision.status, collision.text, [422])
    const unknown = await send(JSON.stringify({ content: 'x', is_admin: CANARY }))
    const problem = expectRefusal(unknown.status, unknown.text, [422])
    expect(problem.errors).toEqual([{ path: 'is_admin', message: 'unknown field' }])
  })
})

describe('a path and query', () => {
  test('a path or query with a malformed id or value is 422', async () => {
    const paths = [
      `/conversations/${CANARY}`,
      `/conversations/${scene().room}%00`,
      `/conversations/${scene().room.toUpperCase()}`,
      '/conversations/..%2f..%2fetc%2fpasswd',
      '/messages/%24ne',
      '/users/1',
      '/conversations?limit=0',
      '/conversations?limit=101',
      '/conversations?limit=1e9',
      `/conversations?limit=${CANARY}`,
      '/conversations?sort=sideways',
      '/conversations?disabled=perhaps',
      '/conversations?limit=1&limit=2',
      `/conversations?start=${CANARY}%20`,
      '/conversations?unknown=1',
      '/conversations?__proto__=1&__proto__=2',
      `/users?q[$ne]=${CANARY}`,
    ]
    for (const path of paths) {
      const { status, text } = await raw(path, {})
      expectRefusal(status, text, [422])
    }
  })

  test('an unknown path is 404, and another method 405 with Allow', async () => {
    for (const path of ['/nothing', '/conversations/x/y/z', '/ws/more', `/${CANARY}`]) {
      const { status, text } = await raw(path, {})
      expectRefusal(status, text, [404])
    }
    const { status, text, headers } = await raw(`/conversations/${scene().room}/messages`, { method: 'PATCH' })
    expectRefusal(status, text, [405])
    expect(headers.get('allow')?.split(', ').toSorted()).toEqual(expect.arrayContaining(['GET', 'POST']))
  })
})

describe('a token', () => {
  test('a token that the server did not issue is 401 without a reason', async () => {
    const { access_token } = scene().ada
    const [header = '', payload = '', signature = ''] = access_token.split('.')
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
    const tokens = [
      '',
      'x',
      'a.b.c',
      CANARY,
      `${header}.${payload}.`,
      `${header}.${payload}`,
      `${header}.${payload}.${signature.slice(1)}`,
      `${encode({ alg: 'none', typ: 'at+jwt' })}.${payload}.`,
      `${encode({ alg: 'none', typ: 'at+jwt' })}.${payload}.${signature}`,
      `${encode({ alg: 'RS256', typ: 'at+jwt' })}.${payload}.${signature}`,
      `${encode({ alg: 'HS256', typ: 'JWT' })}.${payload}.${signature}`,
      `${encode({ alg: 'HS256', typ: 'at+jwt', kid: '../../dev/null' })}.${payload}.${signature}`,
      `${header}.${encode({ ...claims, sub: scene().root.id })}.${signature}`,
      `${header}.${encode({ ...claims, exp: claims.exp + 1_000_000 })}.${signature}`,
      'x'.repeat(8_000),
    ]
    const answers = new Set<string>()
    for (const each of tokens) {
      const { status, text } = await raw('/users/me', { headers: { authorization: `Bearer ${each}` } })
      const { request_id: _request_id, ...problem } = expectRefusal(status, text, [401])
      answers.add(JSON.stringify(problem))
    }
    expect(answers.size).toBe(1)
  })
})

/** Values that are wrong for nearly every field, and operators of the databases behind. */
const hostile = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    -1,
    0,
    1.5,
    Number.MAX_SAFE_INTEGER,
    '',
    [],
    {},
    [[]],
    CANARY,
    '\u0000',
    '\ud800',
    '%',
    "' or 1=1 --",
    '"; NEAR *',
    { $ne: null },
    { $gt: '' },
    { $where: 'sleep(1000)' },
    { __proto__: { role: 'ADMIN' } },
    '../../etc/passwd',
    // Four of them fit into a request line of 16 KiB, above which the runtime answers 431.
    'x'.repeat(3_000),
  ),
  fc.string(),
  fc.object({ maxDepth: 2 }),
)

describe('any input at all', () => {
  /** Operations that would sign out or delete the users of this suite, or cost a password hash each, have tests of their own. */
  const left = new Set<OperationName>([
    'auth.logout',
    'auth.password',
    'users.delete',
    'auth.register',
    'auth.login',
    'users.create',
  ])
  for (const [name] of restOperations().filter(([name]) => !left.has(name)))
    test(`${name} never answers a 5xx nor repeats what it refused, on any transport`, async () => {
      const operation = operationOf(name)
      const fields = Object.keys(operation.input.shape)
      const known: Record<string, unknown> = {
        conversation_id: scene().room,
        message_id: scene().note,
        user_id: scene().root.id,
        session_id: scene().room,
        code: 'nobody-has-this',
        file_id: crypto.randomUUID(),
      }
      const transports = transportsOf(server.url)
      await fc.assert(
        fc.asyncProperty(
          fc.dictionary(fc.constantFrom(...fields, 'unknown_field'), hostile, { maxKeys: 4 }),
          fc.boolean(),
          async (wrong, placed) => {
            const sound = Object.fromEntries(pathNames(operation).map(key => [key, known[key]]))
            const input: Record<string, unknown> = {
              ...sound,
              ...(placed ? without(wrong, pathNames(operation)) : wrong),
            }
            for (const key of isCallable(name) ? (['trpc', 'socket'] as const) : [])
              check(await transports[key](name, input, scene().ada.access_token))
            if (fieldsIn(operation) !== 'query' || placed)
              check(
                await transports.rest(
                  name,
                  { ...sound, ...without(input, pathNames(operation)) },
                  scene().ada.access_token,
                ),
              )
          },
        ),
        { numRuns: 12 },
      )
      function check({ status, body }: { status: number; body: unknown }) {
        expect(status).toBeLessThan(500)
        if (status >= 400) expect(JSON.stringify(body)).not.toContain(CANARY)
      }
    })
})

function without(fields: Record<string, unknown>, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([key]) => !keys.includes(key)))
}
