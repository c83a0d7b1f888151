import { afterAll, expect, test } from 'bun:test'
import { Redis } from 'ioredis'
import { range } from '../conformance/storage/subject.ts'
import { noCluster, startCluster, type ClusterNode } from '../support/cluster.ts'
import { readHistory } from '../support/history.ts'
import { groupOf, PASSWORD, refused, register, say, signIn, type Person } from '../support/people.ts'
import { ADMIN } from '../support/server.ts'
import { shared } from '../support/shared.ts'
import { openSocket, type TestSocket } from '../support/socket.ts'
import { until } from '../support/until.ts'

const SLOW = 120_000
const WRITERS_PER_NODE = 2
const MESSAGES = 10

if (noCluster) {
  test.skip(`three nodes: ${noCluster}`, () => undefined)
} else {
  const cluster = shared(() => startCluster({ redisProxies: true, atOnce: true }))
  afterAll(() => cluster()[Symbol.asyncDispose]())

  const onEachNode = (person: Person) =>
    Promise.all(cluster().nodes.map(node => openSocket(node.url, { token: person.access_token })))
  const close = (sockets: readonly TestSocket[]) => {
    for (const socket of sockets) socket[Symbol.dispose]()
  }
  const at = <T>(list: readonly T[], index: number): T => {
    const found = list[index]
    if (found === undefined) throw new Error(`there is none at ${index}`)
    return found
  }
  /** The texts of the messages that a socket was told of. */
  const heard = (socket: TestSocket) =>
    socket.frames.flatMap(frame =>
      frame.type === 'event' && frame.event === 'message.created' ? [String(frame.data['content'])] : [],
    )

  /** Redis is away for every node while `work` runs, and then comes back. */
  async function withoutRedis(work: () => Promise<void>): Promise<void> {
    for (const { redis } of cluster().nodes) redis?.refuse()
    try {
      await work()
    } finally {
      for (const { redis } of cluster().nodes) redis?.allow()
      await until(async () => (await Promise.all(cluster().nodes.map(busOf))).every(bus => bus === 'ok'), 'it is back')
    }
  }

  async function busOf({ url }: ClusterNode): Promise<unknown> {
    // Cast: the shape is that of the OpenAPI document.
    const ready = (await (await fetch(`${url}/health/ready`)).json()) as { dependencies: Record<string, unknown> }
    return (ready.dependencies['bus'] as { status: string } | undefined)?.status
  }

  test(
    'concurrent writers on all nodes give one order, which every socket and every history shows without gap and double',
    async () => {
      const { nodes } = cluster()
      const people = await Promise.all(
        nodes.flatMap(node => range(WRITERS_PER_NODE).map(n => register(node, `writer-${n}`))),
      )
      const owner = at(people, 0)
      const room = await groupOf(owner, people.slice(1))
      const sockets = await onEachNode(owner)
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
      for (const history of histories) {
        expect(history).toEqual(at(histories, 0))
        expect(history.map(message => message.seq)).toEqual(range(total))
      }
      // Each writer's own messages are in the order in which they were acknowledged.
      for (const mine of sent) {
        const seqs = mine.map(({ seq }) => seq)
        expect(seqs).toEqual(seqs.toSorted((a, b) => a - b))
      }
      for (const socket of sockets) {
        await until(() => socket.changes(room.id).includes(last), 'the last message reaches the socket')
        expect(socket.changes(room.id)).toEqual(range(last).slice(1))
        expect(heard(socket)).toEqual(at(histories, 0).map(message => String(message.content)))
      }
      close(sockets)
    },
    SLOW,
  )

  test(
    'typing and presence of a user of one node are told on the others, once each',
    async () => {
      const { nodes } = cluster()
      const people = await Promise.all(nodes.map((node, index) => register(node, `person-${index}`)))
      const [ada, ben, cy] = [at(people, 0), at(people, 1), at(people, 2)]
      const room = await groupOf(ada, [ben, cy])
      using bens = await openSocket(at(nodes, 1).url, { token: ben.access_token })
      using cys = await openSocket(at(nodes, 2).url, { token: cy.access_token })
      const presence = (socket: TestSocket) =>
        socket.frames.flatMap(frame =>
          frame.type === 'event' && frame.event === 'presence.updated' ? [String(frame.data['presence'])] : [],
        )
      for (const socket of [bens, cys]) {
        socket.send({ type: 'call', id: 'subscribe', op: 'presence.subscribe', input: { user_ids: [ada.id] } })
        await socket.find('result', ({ id }) => id === 'subscribe')
      }
      const adas = await openSocket(at(nodes, 0).url, { token: ada.access_token })
      for (const socket of [bens, cys]) await until(() => presence(socket).includes('online'), 'ada is online')
      // Ada's own node carries her socket, another one her call.
      await (await signIn(at(nodes, 2), ada.name)).client.typing.start({ conversation_id: room.id })
      for (const socket of [bens, cys]) await socket.find('event', frame => frame.event === 'typing.started')
      await say(ada, room.id, 'said')
      for (const socket of [bens, cys]) {
        await socket.find('event', frame => frame.event === 'message.created')
        const typing = socket.frames.filter(frame => frame.type === 'event' && frame.event === 'typing.started')
        expect(typing).toHaveLength(1)
      }
      adas[Symbol.dispose]()
      for (const socket of [bens, cys]) {
        await until(() => presence(socket).includes('offline'), 'ada is offline')
        expect(presence(socket)).toEqual(['online', 'offline'])
      }
    },
    SLOW,
  )

  /** Each way to end sessions, carried out on the first node. */
  async function expectEnded(end: (person: Person) => Promise<unknown>): Promise<void> {
    const person = await register(cluster().node(0), 'ended')
    const sockets = await onEachNode(person)
    await end(person)
    for (const socket of sockets) expect(await socket.closed()).toBe(4401)
    const headers = { authorization: `Bearer ${person.access_token}` }
    for (const { url } of cluster().nodes)
      await until(async () => (await fetch(`${url}/users/me`, { headers })).status === 401, 'the token is refused')
  }

  const WAYS: [name: string, end: (person: Person) => Promise<unknown>][] = [
    ['logout', ({ client }) => client.auth.logout({})],
    [
      'revoking the session',
      async ({ name, session_id }) => (await signIn(cluster().node(1), name)).client.auth.revokeSession({ session_id }),
    ],
    [
      'a new password',
      async ({ name }) =>
        (await signIn(cluster().node(0), name)).client.auth.password({
          current_password: PASSWORD,
          new_password: `${PASSWORD} anew`,
        }),
    ],
    [
      'disabling the account',
      async ({ id }) =>
        (await signIn(cluster().node(0), ADMIN.username, ADMIN.password)).client.users.update({
          user_id: id,
          disabled: true,
        }),
    ],
  ]

  test(
    'what ends a session ends its sockets and its token on every node, also while Redis is away',
    async () => {
      await Promise.all(WAYS.map(([, end]) => expectEnded(end)))
      await withoutRedis(async () => {
        await Promise.all(WAYS.map(([, end]) => expectEnded(end)))
      })
    },
    SLOW,
  )

  /** Ada removes Ben on one node; Ben is connected to all of them. */
  async function expectRemoved(): Promise<void> {
    const { nodes } = cluster()
    const [ada, ben] = await Promise.all([register(at(nodes, 0), 'ada'), register(at(nodes, 1), 'ben')])
    const room = await groupOf(ada, [ben])
    const sockets = await onEachNode(ben)
    const elsewhere = await signIn(at(nodes, 2), ada.name)
    await say(elsewhere, room.id, 'for both')
    for (const socket of sockets) await until(() => heard(socket).includes('for both'), 'the message comes')
    await ada.client.groups.removeMember({ conversation_id: room.id, user_id: ben.id })
    const later = await say(elsewhere, room.id, 'after the removal')
    await elsewhere.client.typing.start({ conversation_id: room.id })
    for (const node of nodes) {
      const { client } = await signIn(node, ben.name)
      await refused(client.messages.list({ conversation_id: room.id }), 'not_found')
    }
    const next = await groupOf(ada, [ben], 'Next')
    for (const socket of sockets) {
      await until(() => JSON.stringify(socket.frames).includes(next.id), 'the next group comes')
      expect(heard(socket)).toEqual(['for both'])
      const changes = socket.changes(room.id)
      expect(changes).toEqual(range(Math.max(...changes)).slice(1))
      expect(Math.max(...changes)).toBeLessThan(later.change)
      expect(socket.frames.some(frame => frame.type === 'event' && frame.event === 'typing.started')).toBe(false)
    }
    close(sockets)
  }

  test(
    'a member who is removed on one node reads nothing more on any, also while Redis is away',
    async () => {
      await expectRemoved()
      await withoutRedis(expectRemoved)
    },
    SLOW,
  )

  test(
    'while Redis is away sends and the events of each node go on, and afterwards every socket has every change once',
    async () => {
      const { nodes } = cluster()
      const people = await Promise.all(nodes.map(node => register(node, 'person')))
      const room = await groupOf(at(people, 0), people.slice(1))
      const sockets = await Promise.all(
        nodes.map((node, index) => openSocket(node.url, { token: at(people, index).access_token })),
      )
      const round = async (name: string) => {
        const sent = await Promise.all(
          people.flatMap((person, index) => range(5).map(n => say(person, room.id, `${name} ${index} ${n}`))),
        )
        return Math.max(...sent.map(message => message.change))
      }
      await round('before')
      let last = 0
      await withoutRedis(async () => {
        last = await round('away')
        for (const socket of sockets) await until(() => socket.changes(room.id).includes(last), 'it comes by the store')
      })
      last = await round('after')
      for (const socket of sockets) {
        await until(() => socket.changes(room.id).includes(last), 'the last change comes')
        expect(socket.changes(room.id)).toEqual(range(last).slice(1))
      }
      close(sockets)
    },
    SLOW,
  )

  test(
    'a node is subscribed to the topics of what its sockets read, and to no other conversation',
    async () => {
      const { nodes } = cluster()
      const [ada, ben] = await Promise.all([register(at(nodes, 0), 'ada'), register(at(nodes, 0), 'ben')])
      const [both, own] = [await groupOf(ada, [ben]), await groupOf(ada, [])]
      const admin = new Redis(process.env['REDIS_URL'] ?? '')
      const open = async (person: Person, index: number) => {
        const socket = await openSocket(at(nodes, index).url, { token: person.access_token })
        const { epoch } = await socket.find('ready')
        return { socket, epoch }
      }
      const adas = await open(ada, 1)
      const bens = await open(ben, 2)
      const channel = (topic: string) => `parley:${adas.epoch}:${topic}`
      const nodesOn = async (...topics: string[]) => {
        const counts = (await admin.call('PUBSUB', 'NUMSUB', ...topics.map(channel))) as (string | number)[]
        return topics.map((_, index) => Number(counts[2 * index + 1]))
      }
      const expectOn = async (wanted: number[]) =>
        until(
          async () => Bun.deepEquals(await nodesOn('nodes', both.id, own.id, ada.id, ben.id), wanted),
          `subscriptions ${wanted.join(' ')}`,
        )
      await expectOn([3, 2, 1, 1, 1])
      adas.socket[Symbol.dispose]()
      await expectOn([3, 1, 0, 0, 1])
      bens.socket[Symbol.dispose]()
      await expectOn([3, 0, 0, 0, 0])
      let channels: unknown = []
      await until(
        async () => {
          channels = await admin.call('PUBSUB', 'CHANNELS', channel('*'))
          return Bun.deepEquals(channels, [channel('nodes')])
        },
        'only the topic of all nodes is left',
        () => channels,
      )
      admin.disconnect()
    },
    SLOW,
  )
}
