import { expect, test } from 'bun:test'
import { openTokens } from '../../src/identity/tokens.ts'
import { groupOf, refused, register, say } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'

const SECRET = 'a secret that only this test knows, 32 bytes'
const server = sharedServer({ settings: { PARLEY_SECRET: SECRET } })

test('a send is the same only if every field of it is', async () => {
  const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
  const { id: conversation_id } = await groupOf(ada, [bob])
  const [one, two] = [await say(ada, conversation_id, 'one'), await say(ada, conversation_id, 'two')]
  const sent = {
    conversation_id,
    client_id: 'c1',
    content: 'hello',
    reply_to: one.id,
    mentions: [bob.id],
    metadata: { a: 1, b: [{ c: 2, d: 3 }] },
  }
  const first = await ada.client.messages.send(sent)
  const others = [
    { content: 'hello!' },
    { reply_to: two.id },
    { reply_to: null },
    { mentions: [] },
    { mentions: [bob.id, ada.id] },
    { metadata: null },
    { metadata: { a: 1, b: [{ c: 2, d: 4 }] } },
  ]
  for (const other of others) await refused(ada.client.messages.send({ ...sent, ...other }), 'client_id_reused')
  const reordered = { ...sent, type: 'text' as const, metadata: { b: [{ d: 3, c: 2 }], a: 1 } }
  expect((await ada.client.messages.send(reordered)).id).toBe(first.id)
})

test('what recognises a repeat is the same in every version: a keyed digest of all fields in this order', async () => {
  const ada = await register(server, 'ada')
  const { id: conversation_id } = await groupOf(ada, [])
  const { id: reply_to } = await say(ada, conversation_id, 'one')
  const fields = { content: 'hello', reply_to, mentions: [ada.id] }
  await ada.client.messages.send({
    conversation_id,
    client_id: 'c1',
    ...fields,
    metadata: { b: 2, a: 1 },
  })
  const canonical = JSON.stringify(['text', fields.content, reply_to, fields.mentions, { a: 1, b: 2 }])
  const stored = await server.running.storage.messages.findSent(conversation_id, ada.id, 'c1')
  expect(stored?.digest).toBe(openTokens(SECRET).digest(canonical))
})
