import { expect, test } from 'bun:test'
import Ajv2020 from 'ajv/dist/2020'
import { sharedServer } from '../support/server.ts'

const server = sharedServer()

interface Schema {
  properties?: Record<string, object>
}
interface Described {
  description?: string
  requestBody?: { content: { 'application/json': { schema: { $ref: string } } } }
}

async function described(path: string, method: string): Promise<Described & { input: Schema }> {
  const answer = await fetch(`${server.url}/openapi.json`)
  const { paths, components } = (await answer.json()) as {
    paths: Record<string, Record<string, Described>>
    components: { schemas: Record<string, Schema> }
  }
  const found = paths[path]?.[method] ?? {}
  const name = found.requestBody?.content['application/json'].schema.$ref.split('/').at(-1) ?? ''
  return { ...found, input: components.schemas[name] ?? {} }
}

test('the document takes exactly one of username and email for a sign-in, as the server does', async () => {
  const { input: schema } = await described('/auth/login', 'post')
  const allows = new Ajv2020({ strict: false }).compile(schema)
  const password = 'wrong'
  for (const [input, allowed] of [
    [{ username: 'nobody', password }, true],
    [{ email: 'nobody@example.com', password }, true],
    [{ username: 'nobody', email: 'nobody@example.com', password }, false],
    [{ password }, false],
  ] as const) {
    const headers = { 'content-type': 'application/json' }
    const { status } = await fetch(`${server.url}/auth/login`, { method: 'POST', headers, body: JSON.stringify(input) })
    expect([input, allows(input), status]).toEqual([input, allowed, allowed ? 401 : 422])
  }
})

test('the document gives the rule of an emoji as a pattern', async () => {
  const { input } = await described('/messages/{message_id}/react', 'post')
  const allows = new Ajv2020({ strict: false }).compile(input.properties?.['emoji'] ?? false)
  for (const emoji of ['👍', '👍🏽', '👨‍👩‍👧', 'shipit', '❤️']) expect([emoji, allows(emoji)]).toEqual([emoji, true])
  for (const emoji of ['', 'a b', '\u0007', '\ufe0f']) expect([emoji, allows(emoji)]).toEqual([emoji, false])
})

test('the document says how REST answers for the user id me', async () => {
  expect((await described('/users/{user_id}', 'get')).description).toContain('GET /users/me')
})
