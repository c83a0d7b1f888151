import { afterAll, expect, test } from 'bun:test'
import type { Storage } from '../../src/ports/storage.ts'
import { startNodes } from '../support/nodes.ts'
import { groupOf, register } from '../support/people.ts'
import { replacing } from '../support/replacing.ts'
import { shared } from '../support/shared.ts'
import { openSocket } from '../support/socket.ts'

/** Of each node, the first one first: the users whose membership was read. */
const read: string[][] = []
const nodes = shared(() => startNodes({ around: counting }))
afterAll(() => nodes()[Symbol.asyncDispose]())

function counting(storage: Storage): Storage {
  const users: string[] = []
  read.push(users)
  return replacing(storage, {
    members: replacing(storage.members, {
      find(conversation_id, user_id) {
        users.push(user_id)
        return storage.members.find(conversation_id, user_id)
      },
    }),
  })
}

test('a node reads the membership of a user who types only if somebody there is told of it', async () => {
  const { here, there } = nodes()
  const [ada, ben] = [await register(here, 'ada'), await register(there, 'ben')]
  const { id: conversation_id } = await groupOf(ada, [ben])
  using _ = await openSocket(here.url, { token: ada.access_token })
  using viewer = await openSocket(there.url, { token: ben.access_token })
  const timesRead = () => read.map(users => users.filter(id => id === ada.id).length)
  const before = timesRead()
  await ada.client.typing.start({ conversation_id })
  await viewer.find('event', ({ event }) => event === 'typing.started')
  // By the call itself, and for the one viewer.
  expect(timesRead().map((times, node) => times - (before[node] ?? 0))).toEqual([1, 1])
})

test('a user whom nobody else sees is told of the own changes', async () => {
  const { here } = nodes()
  const cara = await register(here, 'cara')
  using own = await openSocket(here.url, { token: cara.access_token })
  await cara.client.users.update({ user_id: 'me', full_name: 'Cara' })
  const { data } = await own.find('event', ({ event }) => event === 'user.updated')
  expect(data).toMatchObject({ user: { id: cara.id, full_name: 'Cara' } })
})
