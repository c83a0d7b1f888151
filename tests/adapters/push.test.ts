import { expect, test } from 'bun:test'
import webpush from 'web-push'
import { openPushServices } from '../../src/adapters/push/open.ts'
import { openOutbound } from '../../src/outbound/request.ts'
import { MAX_PUSH_BYTES, type PushMessage, type PushTarget } from '../../src/ports/push.ts'
import { openApns, type ApnsStandIn } from '../support/apns.ts'
import { error, openFcm, type FcmStandIn } from '../support/fcm.ts'
import { openPushService, readVapid, subscribe, type PushService, type Subscription } from '../support/web-push.ts'

const { publicKey: public_key, privateKey: private_key } = webpush.generateVAPIDKeys()
const keys = { public_key, private_key }
const CONTACT = 'mailto:operator@example.com'

const message: PushMessage = {
  data: { type: 'message', conversation_id: 'c', seq: 7 },
  alert: null,
  badge: 3,
  collapse_key: 'k1',
  ttl_seconds: 600,
}
const text: PushMessage = { ...message, alert: { title: 'Ada', body: 'hello' } }
const silent: PushMessage = { ...message, alert: 'silent', badge: 0 }

function senderFor(
  { web, fcm, apns }: { web?: PushService; fcm?: FcmStandIn; apns?: ApnsStandIn },
  clock = () => new Date(),
) {
  return openPushServices({
    web: { keys, contact: CONTACT, allow: web ? [web.host] : [], outbound: openOutbound(), clock },
    fcm: fcm ? { account: fcm.account, url: fcm.url, clock } : null,
    apns: apns ? { ...apns.key, url: apns.url, clock } : null,
  })
}

const targetOf = ({ subscription: { endpoint, keys } }: Subscription): PushTarget => ({
  platform: 'web',
  endpoint,
  ...keys,
})
const android: PushTarget = { platform: 'fcm', token: 'fcm-token:1' }
const iphone: PushTarget = { platform: 'apns', token: 'ab'.repeat(32) }

test('a Web Push is decrypted with the keys of the subscription, and signed with the server’s key', async () => {
  using web = openPushService()
  await using sender = senderFor({ web })
  const browser = web.subscribe()
  expect(await sender.check(targetOf(browser))).toBeNull()
  expect(await sender.send(targetOf(browser), text)).toEqual({ outcome: 'delivered' })
  expect(web.payloads(browser)).toEqual([
    { type: 'message', conversation_id: 'c', seq: 7, badge: 3, title: 'Ada', body: 'hello' },
  ])
  const { headers } = web.requests[0] ?? { headers: new Headers() }
  expect(headers.get('ttl')).toBe('600')
  expect(headers.get('urgency')).toBe('high')
  expect(headers.get('topic')).toBe('k1')
  expect(headers.get('content-encoding')).toBe('aes128gcm')
  const { claims, key } = await readVapid(headers.get('authorization'))
  expect(key).toBe(public_key)
  expect(claims).toMatchObject({ aud: web.url, sub: CONTACT })
  expect((claims.exp ?? 0) * 1000 - Date.now()).toBeLessThan(24 * 3600 * 1000)
})

test('a Web Push without text carries ids only, and a silent one has a low urgency', async () => {
  using web = openPushService()
  await using sender = senderFor({ web })
  const browser = web.subscribe()
  await sender.send(targetOf(browser), message)
  await sender.send(targetOf(browser), silent)
  expect(web.payloads(browser)).toEqual([
    { ...message.data, badge: 3 },
    { ...message.data, badge: 0 },
  ])
  expect(web.requests.map(({ headers }) => headers.get('urgency'))).toEqual(['high', 'low'])
})

test('the lengths of short Web Pushes are equal, and the longest is one record of 4096 bytes at most', async () => {
  using web = openPushService()
  await using sender = senderFor({ web })
  const browser = web.subscribe()
  for (const body of ['a', 'b'.repeat(150)])
    await sender.send(targetOf(browser), { ...message, alert: { title: 'Ada', body } })
  const body = 'c'.repeat(MAX_PUSH_BYTES - 100)
  expect(await sender.send(targetOf(browser), { ...message, alert: { title: 'Ada', body } })).toEqual({
    outcome: 'delivered',
  })
  const [one, other, longest] = web.requests.map(request => request.body.length)
  expect(one).toBe(other ?? 0)
  expect(longest).toBeLessThanOrEqual(4096)
  expect(web.payloads(browser)[2]).toMatchObject({ body })
})

test.each([
  [200, 'delivered'],
  [201, 'delivered'],
  [204, 'delivered'],
  [301, 'rejected'],
  [400, 'rejected'],
  [401, 'rejected'],
  [403, 'rejected'],
  [404, 'gone'],
  [408, 'retry'],
  [410, 'gone'],
  [413, 'rejected'],
  [429, 'retry'],
  [500, 'retry'],
  [503, 'retry'],
])('the answer %d of a Web Push service means %s', async (status, outcome) => {
  using web = openPushService()
  await using sender = senderFor({ web })
  web.answer = () => new Response(null, { status })
  expect(await sender.send(targetOf(web.subscribe()), message)).toMatchObject({ outcome })
})

test('Retry-After is taken in seconds and as a date, and bounded', async () => {
  using web = openPushService()
  const now = new Date('2026-03-01T12:00:00Z')
  await using sender = senderFor({ web }, () => now)
  const waits: [string, number | null][] = [
    ['30', 30_000],
    [new Date(now.getTime() + 90_000).toUTCString(), 90_000],
    ['9999999', 6 * 3600 * 1000],
    ['soon', null],
  ]
  for (const [value, after_ms] of waits) {
    web.answer = () => new Response(null, { status: 429, headers: { 'retry-after': value } })
    expect(await sender.send(targetOf(web.subscribe()), message)).toMatchObject({ outcome: 'retry', after_ms })
  }
})

test('a Web Push service that cannot be reached is tried again, and the reason holds no address', async () => {
  let target: PushTarget
  let host: string
  {
    using web = openPushService()
    target = targetOf(web.subscribe('secret-path'))
    host = web.host
  }
  await using sender = openPushServices({
    web: { keys, contact: CONTACT, allow: [host], outbound: openOutbound(), clock: () => new Date() },
    fcm: null,
    apns: null,
  })
  const outcome = await sender.send(target, message)
  expect(outcome).toMatchObject({ outcome: 'retry', after_ms: null })
  expect(JSON.stringify(outcome)).not.toContain('secret-path')
  expect(JSON.stringify(outcome)).not.toContain('127.0.0.1')
})

test('a subscription is refused for its endpoint and for each of its keys, by the name of the field', async () => {
  using web = openPushService()
  await using sender = senderFor({ web })
  const good = targetOf(web.subscribe())
  const other = Buffer.alloc(65, 4).toString('base64url')
  const problems = await Promise.all([
    sender.check({ ...good, endpoint: 'http://push.example.com/' } as PushTarget),
    sender.check({ ...good, endpoint: 'https://127.0.0.1/' } as PushTarget),
    sender.check({ ...good, p256dh: other } as PushTarget),
    sender.check({ ...good, auth: 'c2hvcnQ' } as PushTarget),
    sender.check(android),
    sender.check(iphone),
  ])
  expect(problems.map(problem => problem?.path)).toEqual([
    'subscription.endpoint',
    'subscription.endpoint',
    'subscription.keys.p256dh',
    'subscription.keys.auth',
    'platform',
    'platform',
  ])
  expect(web.requests).toEqual([])
})

test('FCM gets data, badge and collapse key, with one access token for all pushes', async () => {
  using fcm = openFcm()
  await using sender = senderFor({ fcm })
  expect(await sender.check(android)).toBeNull()
  const all = await Promise.all([message, text, silent].map(each => sender.send(android, each)))
  expect(all).toEqual([{ outcome: 'delivered' }, { outcome: 'delivered' }, { outcome: 'delivered' }])
  expect(fcm.granted).toBe(1)
  const data = { type: 'message', conversation_id: 'c', seq: '7', badge: '3' }
  expect(fcm.sent).toContainEqual({
    message: { token: 'fcm-token:1', data, android: { collapse_key: 'k1', ttl: '600s', priority: 'high' } },
  })
  expect(fcm.sent).toContainEqual({
    message: expect.objectContaining({ notification: { title: 'Ada', body: 'hello' }, data }),
  })
  expect(fcm.sent).toContainEqual({
    message: expect.objectContaining({ android: { collapse_key: 'k1', ttl: '600s', priority: 'normal' } }),
  })
})

test('FCM’s errors are told apart, and a refused access token is replaced', async () => {
  using fcm = openFcm()
  await using sender = senderFor({ fcm })
  const cases: [Response, string][] = [
    [error(404, 'UNREGISTERED'), 'gone'],
    [error(403, 'SENDER_ID_MISMATCH'), 'gone'],
    [error(400, 'INVALID_ARGUMENT'), 'rejected'],
    [error(429, 'QUOTA_EXCEEDED', { 'retry-after': '60' }), 'retry'],
    [error(503, 'UNAVAILABLE'), 'retry'],
    [error(401, 'THIRD_PARTY_AUTH_ERROR'), 'retry'],
    [Response.json({ name: 'sent' }), 'delivered'],
  ]
  for (const [answer, outcome] of cases) {
    fcm.answer = () => answer
    expect(await sender.send(android, message)).toMatchObject({ outcome })
  }
  expect(fcm.granted).toBe(2)
})

test('an access token of FCM is replaced before it expires', async () => {
  using fcm = openFcm()
  let now = Date.now()
  await using sender = senderFor({ fcm }, () => new Date(now))
  await sender.send(android, message)
  now += 50 * 60_000
  await sender.send(android, message)
  expect(fcm.granted).toBe(1)
  now += 9 * 60_000
  await sender.send(android, message)
  expect(fcm.granted).toBe(2)
})

test('APNs gets pushes over one connection, with the headers of each kind', async () => {
  await using apns = await openApns()
  await using sender = senderFor({ apns })
  expect(await sender.check(iphone)).toBeNull()
  for (const each of [message, text, silent]) expect(await sender.send(iphone, each)).toEqual({ outcome: 'delivered' })
  expect(apns.sessions).toHaveLength(1)
  const [ids, shown, quiet] = apns.sent
  expect(ids?.headers).toMatchObject({
    ':path': `/3/device/${'ab'.repeat(32)}`,
    'apns-topic': 'com.example.engines',
    'apns-push-type': 'alert',
    'apns-priority': '10',
    'apns-collapse-id': 'k1',
  })
  expect(ids?.body).toMatchObject({
    aps: { alert: { 'loc-key': 'NEW_MESSAGE' }, badge: 3, 'mutable-content': 1, 'thread-id': 'k1' },
    conversation_id: 'c',
    seq: 7,
  })
  expect(shown?.body).toMatchObject({ aps: { alert: { title: 'Ada', body: 'hello' } } })
  expect(quiet?.headers).toMatchObject({ 'apns-priority': '5' })
  expect(quiet?.body['aps']).toEqual({ 'content-available': 1, badge: 0 })
})

test('APNs’ answers are told apart, and a lost connection is replaced', async () => {
  await using apns = await openApns()
  await using sender = senderFor({ apns })
  const cases: [ReturnType<ApnsStandIn['answer']>, object][] = [
    [{ status: 410, reason: 'Unregistered' }, { outcome: 'gone' }],
    [{ status: 400, reason: 'BadDeviceToken' }, { outcome: 'gone' }],
    [{ status: 400, reason: 'BadTopic' }, { outcome: 'rejected' }],
    [{ status: 413, reason: 'PayloadTooLarge' }, { outcome: 'rejected' }],
    [{ status: 429, reason: 'TooManyRequests' }, { outcome: 'retry' }],
    [{ status: 403, reason: 'ExpiredProviderToken' }, { outcome: 'retry' }],
    [
      { status: 503, reason: 'ServiceUnavailable', headers: { 'retry-after': '5' } },
      { outcome: 'retry', after_ms: 5_000 },
    ],
  ]
  for (const [answer, outcome] of cases) {
    apns.answer = () => answer
    expect(await sender.send(iphone, message)).toMatchObject(outcome)
  }
  apns.answer = () => ({ status: 200 })
  apns.sessions[0]?.destroy()
  const again = await sender.send(iphone, message)
  // The loss may be noticed by this push: then it is to be tried again.
  if (again.outcome === 'retry') expect(await sender.send(iphone, message)).toEqual({ outcome: 'delivered' })
  else expect(again).toEqual({ outcome: 'delivered' })
  expect(apns.sessions.length).toBe(2)
})

test('an endpoint of another subscription’s host is not contacted without being exempt', async () => {
  using web = openPushService()
  await using sender = senderFor({})
  expect(await sender.send(targetOf(subscribe(`${web.url}/x`)), message)).toMatchObject({ outcome: 'rejected' })
  expect(web.requests).toEqual([])
})
