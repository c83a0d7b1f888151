import { afterAll, expect, test } from 'bun:test'
import { startNodes } from '../support/nodes.ts'
import { groupOf, register, say, type Person } from '../support/people.ts'
import { replacing } from '../support/replacing.ts'
import { shared } from '../support/shared.ts'
import { openSocket, type TestSocket } from '../support/socket.ts'
import { until } from '../support/until.ts'

/** What happens after `typing.start` has found a user to be a member, and before it tells the others. */
const meanwhile = new Map<string, () => Promise<unknown>>()
const nodes = shared(() =>
  startNodes({
    around: storage =>
      replacing(storage, {
        statuses: replacing(storage.statuses, {
          async findMany(user_ids) {
            const [user_id = ''] = user_ids
            const work = meanwhile.get(user_id)
            meanwhile.delete(user_id)
            await work?.()
            return storage.statuses.findMany(user_ids)
          },
        }),
      }),
  }),
)
afterAll(() => nodes()[Symbol.asyncDispose]())

const toldOf = ({ frames }: TestSocket, { id }: Person, event: string) =>
  frames.filter(frame => frame.type === 'event' && frame.event === event && frame.data['user_id'] === id)

/** Ada and Cy on one node, Ben on the other; Dee, who types, on either. */
async function scene() {
  const { here, there } = nodes()
  const [ada, ben, cy] = [await register(here, 'ada'), await register(there, 'ben'), await register(here, 'cy')]
  const [dee, eve] = [await register(here, 'dee'), await register(there, 'eve')]
  const { id: room } = await groupOf(ada, [ben, cy, dee, eve])
  const sockets = [
    await openSocket(here.url, { token: cy.access_token }),
    await openSocket(there.url, { token: ben.access_token }),
  ]
  const reached = (change: number) =>
    until(() => sockets.every(socket => socket.changes(room).includes(change)), 'the change comes to both nodes')
  const head = async () => (await ada.client.conversations.get({ conversation_id: room })).last_change
  /** What was told before has come when it resolves: somebody else's typing is told to both. */
  const settled = async () => {
    await ada.client.typing.start({ conversation_id: room })
    await until(() => sockets.every(socket => toldOf(socket, ada, 'typing.started').length > 0), 'ada types')
  }
  const close = () => sockets.forEach(socket => socket[Symbol.dispose]())
  return { ada, typists: [dee, eve], room, sockets, reached, head, settled, [Symbol.dispose]: close }
}

test('a member who types while they are removed is told of to nobody, whichever node either call comes to', async () => {
  using all = await scene()
  const { ada, typists, room, sockets, reached, head, settled } = all
  for (const typist of typists) {
    meanwhile.set(typist.id, async () => {
      await ada.client.groups.removeMember({ conversation_id: room, user_id: typist.id })
      await reached(await head())
    })
    await typist.client.typing.start({ conversation_id: room })
  }
  expect(meanwhile.size).toBe(0)
  await settled()
  for (const typist of typists)
    expect(sockets.map(socket => toldOf(socket, typist, 'typing.started').length)).toEqual([0, 0])
})

test('a start of typing that a message of the typist has overtaken is told to nobody', async () => {
  using all = await scene()
  const { typists, room, sockets, reached, settled } = all
  for (const typist of typists) {
    meanwhile.set(typist.id, async () => reached((await say(typist, room, 'done')).change))
    await typist.client.typing.start({ conversation_id: room })
  }
  expect(meanwhile.size).toBe(0)
  await settled()
  for (const typist of typists)
    expect(sockets.map(socket => toldOf(socket, typist, 'typing.started').length)).toEqual([0, 0])
})

test('a start of typing whose socket was closed before it was carried out is told to nobody', async () => {
  using all = await scene()
  const { typists, room, sockets, settled } = all
  for (const [index, typist] of typists.entries()) {
    const node = [nodes().here, nodes().there][index] ?? nodes().here
    const socket = await openSocket(node.url, { token: typist.access_token })
    const open = node.running.sockets()
    const done = Promise.withResolvers<void>()
    meanwhile.set(typist.id, async () => {
      socket[Symbol.dispose]()
      await until(() => node.running.sockets() < open, 'the socket is closed')
      done.resolve()
    })
    socket.send({ type: 'call', id: 'typing', op: 'typing.start', input: { conversation_id: room } })
    await done.promise
  }
  await settled()
  for (const typist of typists)
    expect(sockets.map(socket => toldOf(socket, typist, 'typing.started').length)).toEqual([0, 0])
})

test('a receipt that waits for its turn is not told after its member was removed', async () => {
  using all = await scene()
  const { ada, typists, room, sockets, reached, head } = all
  const [dee, eve] = typists
  if (!dee || !eve) throw new Error('both are there')
  for (const text of ['one', 'two']) await say(ada, room, text)
  for (const person of [dee, eve])
    for (const seq of [1, 2]) await person.client.conversations.read({ conversation_id: room, seq })
  await ada.client.groups.removeMember({ conversation_id: room, user_id: dee.id })
  await reached(await head())
  const removal = sockets.map(({ frames }) => frames.length)
  await until(() => sockets.every(socket => toldOf(socket, eve, 'receipt.updated').length === 2), 'the other receipt')
  for (const [index, { frames }] of sockets.entries())
    expect(toldOf({ frames: frames.slice(removal[index]) } as TestSocket, dee, 'receipt.updated')).toEqual([])
})
