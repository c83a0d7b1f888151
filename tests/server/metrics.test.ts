import { expect, test } from 'bun:test'
import { groupOf, register, say, withRole } from '../support/people.ts'
import { sharedServer, startTestServer } from '../support/server.ts'
import { openSocket } from '../support/socket.ts'
import { until } from '../support/until.ts'

const server = sharedServer()

async function scrape(url = server.url, headers: Record<string, string> = {}): Promise<string> {
  const response = await fetch(`${url}/metrics`, { headers })
  expect([response.status, response.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/plain')])
  return response.text()
}

/** The value of one line, by its name and labels; null if there is none. */
function valueOf(text: string, name: string): number | null {
  const line = text.split('\n').find(each => each.startsWith(`${name} `))
  return line === undefined ? null : Number(line.slice(name.length + 1))
}

async function read(name: string): Promise<number> {
  return valueOf(await scrape(), name) ?? 0
}

test('calls are counted by operation, transport and status, with their durations', async () => {
  const ada = await register(server, 'ada')
  const room = await groupOf(ada, [])
  const [rest, failed] = [
    'parley_calls_total{operation="messages.send",transport="rest",status="2xx"}',
    'parley_calls_total{operation="messages.send",transport="rest",status="4xx"}',
  ]
  const [sent, refused] = [await read(rest), await read(failed)]
  const timed = await read('parley_call_duration_seconds_count{operation="messages.send"}')
  await say(ada, room.id, 'hello')
  await say(ada, room.id, 'hello again')
  await say(ada, crypto.randomUUID(), 'to nobody').catch(() => undefined)
  using socket = await openSocket(server.url, { token: ada.access_token })
  const input = { conversation_id: room.id, content: 'by socket' }
  socket.send({ type: 'call', id: 1, op: 'messages.send', input })
  await socket.find('result')
  const text = await scrape()
  expect(valueOf(text, rest)).toBe(sent + 2)
  expect(valueOf(text, failed)).toBe(refused + 1)
  expect(valueOf(text, rest.replace('rest', 'socket'))).toBe(1)
  expect(valueOf(text, 'parley_call_duration_seconds_count{operation="messages.send"}')).toBe(timed + 4)
  expect(valueOf(text, 'parley_call_duration_seconds_bucket{operation="messages.send",le="+Inf"}')).toBe(timed + 4)
  expect(
    valueOf(text, 'parley_dependency_duration_seconds_count{dependency="storage",method="log.appendTo"}'),
  ).toBeGreaterThan(2)
})

test('sockets, their close codes, and the events that went to them are counted', async () => {
  const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
  const room = await groupOf(ada, [bob])
  using socket = await openSocket(server.url, { token: bob.access_token })
  const [events, deliveries] = ['parley_events_total{event="message.created"}', 'parley_event_deliveries_total']
  const [before, delivered, closed] = [
    await read(events),
    await read(deliveries),
    await read('parley_sockets_closed_total{code="4400"}'),
  ]
  expect(await read('parley_sockets')).toBeGreaterThan(0)
  await say(ada, room.id, 'hello')
  await until(async () => (await read(events)) === before + 1, 'the event is counted')
  await socket.find('event', ({ event }) => event === 'message.created')
  expect(await read(deliveries)).toBeGreaterThan(delivered)
  using other = await openSocket(server.url)
  other.raw('nonsense')
  expect(await other.closed()).toBe(4400)
  await until(
    async () => (await read('parley_sockets_closed_total{code="4400"}')) === closed + 1,
    'the close is counted',
  )
})

test('unknown paths are one route, and no label holds an id, a name or a path that a client sent', async () => {
  const ada = await register(server, 'ada')
  const room = await groupOf(ada, [], 'canary-room')
  await fetch(`${server.url}/canary/${room.id}?token=canary`)
  await fetch(`${server.url}/trpc/canary.canary`)
  await fetch(`${server.url}/conversations/${room.id}`)
  const text = await scrape()
  expect(valueOf(text, 'parley_http_requests_total{route="unknown",status="4xx"}')).toBeGreaterThan(0)
  expect(
    valueOf(text, 'parley_http_requests_total{route="/conversations/{conversation_id}",status="4xx"}'),
  ).toBeGreaterThan(0)
  for (const secret of ['canary', room.id, ada.id, ada.name]) expect(text).not.toContain(secret)
})

test('background work, the process and the version have numbers', async () => {
  await until(async () => (await read('parley_background_owner')) === 1, 'this process does the background work')
  const text = await scrape()
  for (const follower of ['search', 'analytics'])
    for (const unit of ['streams', 'seconds'])
      expect(valueOf(text, `parley_follower_lag_${unit}{follower="${follower}"}`)).toBeGreaterThanOrEqual(0)
  for (const state of ['due', 'dead']) expect(valueOf(text, `parley_queue_jobs{queue="push",state="${state}"}`)).toBe(0)
  expect(valueOf(text, 'process_resident_memory_bytes')).toBeGreaterThan(1_000_000)
  expect(valueOf(text, 'nodejs_eventloop_lag_p99_seconds')).toBeGreaterThanOrEqual(0)
  expect(text).toMatch(/^parley_build_info\{version="\d+\.\d+\.\d+"\} 1$/m)
})

test('names follow the conventions of Prometheus', async () => {
  const text = await scrape()
  const families = [...text.matchAll(/^# TYPE (parley_\w+) (\w+)$/gm)].map(([, name = '', type = '']) => ({
    name,
    type,
  }))
  expect(families.length).toBeGreaterThan(20)
  for (const { name, type } of families) {
    expect([name, type === 'counter']).toEqual([name, name.endsWith('_total')])
    if (type === 'histogram') expect(name).toEndWith('_seconds')
    expect(text).toContain(`# HELP ${name} `)
  }
})

test('loopback and ADMINs may read the metrics, others may not, also through a proxy that is not trusted', async () => {
  await using behind = await startTestServer({
    settings: { PARLEY_TRUSTED_PROXIES: '1', PARLEY_METRICS_NETWORKS: '10.0.0.0/8, 2001:db8::1' },
  })
  const [root, ada] = [await withRole(behind, 'ADMIN'), await register(behind, 'ada')]
  const status = async (headers: Record<string, string>, url = behind.url) =>
    (await fetch(`${url}/metrics`, { headers })).status
  expect(await status({})).toBe(401)
  expect(await status({ authorization: `Bearer ${ada.access_token}` })).toBe(403)
  expect(await status({ authorization: `Bearer ${root.access_token}` })).toBe(200)
  expect(await status({ 'x-forwarded-for': '10.1.2.3' })).toBe(200)
  expect(await status({ 'x-forwarded-for': '2001:db8::1' })).toBe(200)
  expect(await status({ 'x-forwarded-for': '2001:db8::2' })).toBe(401)
  // The first one may be forged.
  expect(await status({ 'x-forwarded-for': '10.1.2.3, 11.0.0.1' })).toBe(401)
  // These trust two proxies and none, and loopback is their network. To the first a request came past the outer proxy.
  await using chain = await startTestServer({ settings: { PARLEY_TRUSTED_PROXIES: '2' } })
  expect(await status({}, chain.url)).toBe(200)
  expect(await status({ 'x-forwarded-for': '127.0.0.1, 11.0.0.1' }, chain.url)).toBe(200)
  for (const forwarded of ['11.0.0.1', '127.0.0.1', 'unknown, 127.0.0.1'])
    expect(await status({ 'x-forwarded-for': forwarded }, chain.url)).toBe(401)
  expect(await status({}, server.url)).toBe(200)
  for (const name of ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'])
    expect(await status({ [name]: '127.0.0.1' }, server.url)).toBe(401)
})
