import { afterAll, expect, test } from 'bun:test'
import { range } from '../conformance/storage/subject.ts'
import { noCluster, startCluster, type ClusterNode } from '../support/cluster.ts'
import { expectAgreement, observer } from '../support/observer.ts'
import { readHistory } from '../support/history.ts'
import { groupOf, register, say, signIn, type Person } from '../support/people.ts'
import { shared } from '../support/shared.ts'
import { openSocket } from '../support/socket.ts'
import { ADMIN } from '../support/server.ts'
import { until } from '../support/until.ts'
import { openPushService } from '../support/web-push.ts'
import { openWebhookReceiver, verifies } from '../support/webhook-receiver.ts'

const SLOW = 180_000

if (noCluster) {
  test.skip(`nodes that end: ${noCluster}`, () => undefined)
} else {
  const web = openPushService()
  const receiver = openWebhookReceiver()
  const settings = { PARLEY_PUSH_ALLOW: web.host, PARLEY_WEBHOOK_ALLOW: receiver.host }
  const cluster = shared(() => startCluster({ settings }))
  afterAll(async () => {
    await cluster()[Symbol.asyncDispose]()
    web[Symbol.dispose]()
    receiver[Symbol.dispose]()
  })

  test(
    'a client whose node was killed resumes on another with exactly what it missed, and on its own when that is back',
    async () => {
      const [first, second, third] = [cluster().node(0), cluster().node(1), cluster().node(2)]
      const [ada, ben] = await Promise.all([register(first, 'ada'), register(second, 'ben')])
      const room = await groupOf(ada, [ben])
      const before = await openSocket(third.url, { token: ben.access_token })
      const { epoch } = await before.find('ready')
      for (const n of range(5)) await say(ada, room.id, `text ${n}`)
      await until(() => before.changes(room.id).length >= 3, 'some of them come')
      await third.kill()
      await before.closed()
      const known = Math.max(...before.changes(room.id))
      const missed = await Promise.all(range(5).map(n => say(ben, room.id, `missed ${n}`)))
      const last = Math.max(...missed.map(message => message.change))
      const expectRest = async (node: ClusterNode) => {
        using socket = await openSocket(node.url, {
          token: ben.access_token,
          resume: { epoch, positions: { [room.id]: known } },
        })
        await socket.find('resumed')
        expect(socket.changes(room.id)).toEqual(range(last).slice(known))
        expect(socket.frames.some(({ type }) => type === 'resync')).toBe(false)
      }
      await expectRest(second)
      await third.start()
      await expectRest(third)
    },
    SLOW,
  )

  test(
    'queued jobs run once each and never twice at the same time, and go on elsewhere when a node is killed or stands still',
    async () => {
      const [first, second, third] = [cluster().node(0), cluster().node(1), cluster().node(2)]
      const people = await Promise.all(range(6).map(n => register(cluster().node(n), `away-${n}`)))
      const browsers = await Promise.all(
        people.map(async person => {
          const browser = web.subscribe()
          await person.client.notifications.registerDevice({ platform: 'web', subscription: browser.subscription })
          return browser
        }),
      )
      const room = await groupOf(await register(second, 'ada'), people)
      const running = new Map<string, number>()
      let most = 0
      web.answer = async ({ path }) => {
        running.set(path, (running.get(path) ?? 0) + 1)
        most = Math.max(most, running.get(path) ?? 0)
        await Bun.sleep(100)
        running.set(path, (running.get(path) ?? 0) - 1)
        return new Response(null, { status: 201 })
      }
      const sayBy = async (node: ClusterNode, content: string) =>
        say(await signIn(node, people[0]?.name ?? ''), room.id, content)
      /** Everybody but the sender gets one push of the message. */
      const expectPushed = async ({ id }: { id: string }) => {
        const idsOf = (browser: (typeof browsers)[number]) =>
          web.payloads(browser).map(({ message_id }) => String(message_id))
        const others = browsers.slice(1)
        await until(() => others.every(browser => idsOf(browser).includes(id)), `everybody gets the push of ${id}`)
        for (const browser of others) expect(idsOf(browser).filter(each => each === id)).toEqual([id])
      }
      await expectPushed(await sayBy(third, 'all nodes live'))
      // The node that was started first does the background work.
      await first.kill()
      await expectPushed(await sayBy(second, 'its node was killed'))
      await first.start()
      // One of these two does it now.
      for (const node of [second, third]) node.freeze()
      await expectPushed(await sayBy(first, 'its node stands still'))
      for (const node of [second, third]) node.thaw()
      await expectPushed(await sayBy(second, 'it goes on'))
      expect(most).toBe(1)
    },
    SLOW,
  )

  test(
    'a webhook that one node made gets what others commit, also when the node that sends is killed or stands still',
    async () => {
      const { nodes } = cluster()
      const [first] = nodes
      if (!first) throw new Error('no node')
      const root = await signIn(first, ADMIN.username, ADMIN.password)
      const { id: webhook_id, secret } = await root.client.webhooks.create({
        url: receiver.url,
        events: ['message.created'],
      })
      const [ada, ben] = await Promise.all([register(cluster().node(1), 'ada'), register(cluster().node(2), 'ben')])
      const room = await groupOf(ada, [ben])
      const received = () => receiver.requests.filter(({ payload }) => payload.conversation_id === room.id)
      const expectReceived = async (person: Person, content: string) => {
        await say(person, room.id, content)
        await until(() => received().some(({ payload }) => payload.data['content'] === content), content)
      }
      await expectReceived(ada, 'all nodes live')
      // Whichever does the background work.
      for (const node of nodes) {
        const other = node === cluster().node(1) ? ben : ada
        await node.kill()
        await expectReceived(other, `${node.url} was killed`)
        await node.start()
      }
      for (const node of nodes) {
        const other = node === cluster().node(1) ? ben : ada
        node.freeze()
        await expectReceived(other, `${node.url} stands still`)
        node.thaw()
      }
      const seqs = new Set(received().map(({ payload }) => payload.data['seq']))
      expect(seqs.size).toBe(7)
      expect(received().every(request => verifies(secret, request))).toBe(true)
      await (await signIn(first, ADMIN.username, ADMIN.password)).client.webhooks.delete({ webhook_id })
    },
    SLOW,
  )

  test(
    'a rolling restart under load loses and doubles no acknowledged message, and every client ends with the same state',
    async () => {
      const { nodes } = cluster()
      const people = await Promise.all(nodes.map(node => register(node, 'person')))
      const [owner, ...others] = people
      if (!owner) throw new Error('nobody registered')
      const room = await groupOf(owner, others)
      const observers = await Promise.all(nodes.map((node, index) => observer(node, people[index] as Person)))
      const acknowledged: string[] = []
      const stop = new AbortController()
      // Also where the test fails: otherwise the writers would never end.
      using ended = new DisposableStack()
      ended.defer(() => stop.abort())
      const writing = observers.map(async ({ client }, index) => {
        for (let n = 0; !stop.signal.aborted; n += 1) {
          const message = await client.outbox.send({ conversation_id: room.id, content: `writer ${index} text ${n}` })
          acknowledged.push(`${message.seq} ${message.content}`)
        }
      })
      for (const node of nodes) {
        const reached = acknowledged.length + 10
        await until(() => acknowledged.length >= reached, 'the load goes on')
        await node.stop()
        await node.start()
      }
      stop.abort()
      await Promise.all(writing)
      const { client } = await signIn(cluster().node(0), owner.name)
      const history = await readHistory(client, room.id)
      expect(history.map(({ seq }) => seq)).toEqual(range(history.length))
      expect(history.map(({ seq, content }) => `${seq} ${content}`).toSorted()).toEqual(acknowledged.toSorted())
      await expectAgreement(observers, room.id)
      for (const each of observers) await each[Symbol.asyncDispose]()
    },
    SLOW,
  )
}
