import { afterAll, expect, test } from 'bun:test'
import { readHistory } from '../support/history.ts'
import { noCluster, startCluster } from '../support/cluster.ts'
import { groupOf, register, say, signIn } from '../support/people.ts'
import { shared } from '../support/shared.ts'
import { openSocket } from '../support/socket.ts'
import { until } from '../support/until.ts'
import { range } from '../conformance/storage/subject.ts'

const SLOW = 120_000
const WRITERS_PER_NODE = 3
const MESSAGES = 15

if (noCluster) {
  test.skip(`three nodes: ${noCluster}`, () => undefined)
} else {
  const cluster = shared(() => startCluster())
  afterAll(() => cluster()[Symbol.asyncDispose]())

  test(
    'concurrent writers on all nodes give one order, which every socket and every history shows without gap and double',
    async () => {
      const { nodes } = cluster()
      const people = await Promise.all(
        nodes.flatMap(node => range(WRITERS_PER_NODE).map(n => register(node, `writer-${n}`))),
      )
      const [owner] = people
      if (!owner) throw new Error('nobody registered')
      const room = await groupOf(owner, people.slice(1))
      const sockets = await Promise.all(nodes.map(node => openSocket(node.url, { token: owner.access_token })))
      const sent = await Promise.all(
        people.map(async (person, index) => {
          const mine = []
          for (const n of range(MESSAGES)) mine.push(await say(person, room.id, `writer ${index} text ${n}`))
          return mine
        }),
      )
      const last = Math.max(...sent.flat().map(message => message.change))
      const histories = await Promise.all(
        nodes.map(async node => readHistory((await signIn(node, owner.name)).client, room.id)),
      )
      const total = WRITERS_PER_NODE * nodes.length * MESSAGES
      expect(
        sent
          .flat()
          .map(message => message.seq)
          .toSorted((a, b) => a - b),
      ).toEqual(range(total))
      for (const history of histories) {
        expect(history).toEqual(histories[0] ?? [])
        expect(history.map(message => message.seq)).toEqual(range(total))
      }
      // Each writer's own messages are in the order in which they were acknowledged.
      for (const mine of sent)
        expect(mine.map(({ seq }) => seq)).toEqual(mine.map(({ seq }) => seq).toSorted((a, b) => a - b))
      const stored = histories[0]?.flatMap(message => message.content ?? [])
      for (const socket of sockets) {
        await until(() => socket.changes(room.id).includes(last), 'the last message reaches the socket')
        expect(socket.changes(room.id)).toEqual(range(last).slice(1))
        const heard = socket.frames.flatMap(frame =>
          frame.type === 'event' && frame.event === 'message.created'
            ? [(frame.data as { content: string }).content]
            : [],
        )
        expect(heard).toEqual(stored ?? [])
        socket[Symbol.dispose]()
      }
    },
    SLOW,
  )
}
