import { expect, test } from 'bun:test'
import { noCluster, startCluster } from '../support/cluster.ts'
import { readHistory } from '../support/history.ts'
import { groupOf, register } from '../support/people.ts'
import { PROXIES, freePort } from '../support/proxies.ts'
import { sendOnce } from '../support/send-once.ts'
import { until } from '../support/until.ts'

const SLOW = 240_000
const missing = noCluster ?? (Bun.which('caddy') ? null : 'Caddy is not installed')

if (missing !== null) test.skip(`servers that are restarted behind the proxy: ${missing}`, () => undefined)
else
  test(
    'servers are restarted one after the other behind the proxy: no read fails, every send arrives once, sockets resume',
    async () => {
      await using cluster = await startCluster({ count: 2, settings: { PARLEY_TRUSTED_PROXIES: '1' } })
      const upstreams = cluster.nodes.map(node => Number(new URL(node.url).port))
      await using proxy = await PROXIES.caddy.start({ upstreams, port: freePort() })
      const [ada, ben] = [await register(proxy, 'ada'), await register(proxy, 'ben')]
      const { id: room } = await groupOf(ada, [ben])
      const heard: unknown[] = []
      ben.client.live.on('event', ({ event, stream, data }) => {
        if (event === 'message.created' && stream === room) heard.push(data['content'])
      })
      await ben.client.live.open()
      const sent: string[] = []
      const failed: unknown[] = []
      const restarted = new AbortController()
      // Also where the test fails: otherwise the two below would never end.
      using ended = new DisposableStack()
      ended.defer(() => restarted.abort())
      const writing = async () => {
        while (!restarted.signal.aborted) {
          const content = `message ${sent.length}`
          await sendOnce(ada.client, { conversation_id: room, content, client_id: content })
          sent.push(content)
        }
      }
      const reading = async () => {
        while (!restarted.signal.aborted)
          await ben.client.conversations.get({ conversation_id: room }).catch((error: unknown) => failed.push(error))
      }
      const working = Promise.all([writing(), reading()])
      // From here on the client has a position in the room, from which it resumes.
      await until(() => heard.length > 0, 'the socket gets the first message')
      for (const node of cluster.nodes) {
        const before = sent.length
        await node.stop()
        await until(() => sent.length > before + 5, 'messages are sent while a server is away')
        await node.start()
        const after = sent.length
        await until(() => sent.length > after + 5, 'messages are sent after it is back')
      }
      restarted.abort()
      await working
      expect(failed).toEqual([])
      expect((await readHistory(ada.client, room)).map(({ content }) => content)).toEqual(sent)
      await until(() => heard.length >= sent.length, 'the socket gets every message')
      expect(heard).toEqual(sent)
      ben.client.close()
    },
    SLOW,
  )
