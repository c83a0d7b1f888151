import { afterAll, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { openLogger } from '../../src/logger.ts'
import { openApns } from '../support/apns.ts'
import { openFcm } from '../support/fcm.ts'
import { directOf, groupOf, register, say } from '../support/people.ts'
import { startTestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const folder = await mkdtemp(join(tmpdir(), 'parley-keys-'))
afterAll(() => rm(folder, { recursive: true, force: true }))

const ANDROID = { platform: 'fcm', token: 'fcm-token:1' } as const
const IPHONE = { platform: 'apns', token: 'ab'.repeat(32) } as const

test('a message reaches devices of FCM and APNs with the credentials of the settings', async () => {
  using fcm = openFcm()
  await using apns = await openApns()
  const [account, key] = [join(folder, 'account.json'), join(folder, 'key.p8')]
  await Bun.write(account, JSON.stringify({ type: 'service_account', ...fcm.account }))
  await Bun.write(key, apns.key.key)
  await using server = await startTestServer({
    settings: {
      PARLEY_FCM_ACCOUNT: account,
      PARLEY_FCM_URL: fcm.url,
      PARLEY_APNS_KEY: key,
      PARLEY_APNS_KEY_ID: apns.key.key_id,
      PARLEY_APNS_TEAM_ID: apns.key.team_id,
      PARLEY_APNS_TOPIC: apns.key.topic,
      PARLEY_APNS_URL: apns.url,
    },
  })
  const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
  for (const device of [ANDROID, IPHONE]) await bob.client.notifications.registerDevice(device)
  const { id: conversation_id } = await groupOf(ada, [bob])
  const { id: message_id } = await say(ada, conversation_id, 'hello')
  await until(() => fcm.sent.length === 1 && apns.sent.length === 1, 'both pushes')
  expect(fcm.sent[0]).toMatchObject({
    message: { token: ANDROID.token, data: { type: 'message', conversation_id, message_id, seq: '1', badge: '1' } },
  })
  expect(apns.sent[0]).toMatchObject({
    headers: { ':path': `/3/device/${IPHONE.token}`, 'apns-collapse-id': conversation_id.replaceAll('-', '') },
    body: { conversation_id, message_id, aps: { badge: 1, alert: { 'loc-key': 'NEW_MESSAGE' } } },
  })
})

test('credentials that are incomplete or cannot be read refuse to start, and the message names the setting', async () => {
  const broken = join(folder, 'broken.json')
  await Bun.write(broken, '{"project_id":"engines"}')
  const start = (settings: Record<string, string>) =>
    startTestServer({ settings: { ...settings, MONGODB_URL: '' } }).then(
      () => 'started',
      (error: unknown) => String(error),
    )
  expect(await start({ PARLEY_FCM_ACCOUNT: join(folder, 'none.json') })).toContain('PARLEY_FCM_ACCOUNT')
  expect(await start({ PARLEY_FCM_ACCOUNT: broken })).toContain('needs project_id, client_email')
  expect(await start({ PARLEY_APNS_KEY: broken })).toContain('PARLEY_APNS_KEY_ID')
  expect(await start({ PARLEY_PUSH_ALLOW: 'push.example.com' })).toContain('PARLEY_PUSH_ALLOW')
  expect(await start({ PARLEY_PUSH_ALLOW: 'https://push.example.com:443' })).toContain('PARLEY_PUSH_ALLOW')
  expect(await start({ PARLEY_PUSH_CONTACT: 'me' })).toContain('PARLEY_PUSH_CONTACT')
})

test('PARLEY_PUSH=log takes every device and writes what would be sent to the log, without text and target', async () => {
  const lines: string[] = []
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString())
      done()
    },
  })
  await using server = await startTestServer({
    settings: { PARLEY_PUSH: 'log' },
    overrides: { logger: openLogger('info', stream) },
  })
  const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
  await bob.client.notifications.registerDevice(ANDROID)
  await bob.client.notifications.updatePreferences({ preview: true })
  const { id: conversation_id } = await directOf(ada, bob)
  await say(ada, conversation_id, 'a secret')
  const logged = () => lines.filter(line => line.includes('"msg":"push"'))
  await until(
    () => logged().length === 1,
    'the push in the log',
    () => lines.slice(-3).join(''),
  )
  expect(JSON.parse(logged()[0] ?? '')).toMatchObject({
    platform: 'fcm',
    shows: 'text',
    badge: 1,
    data: { conversation_id },
  })
  expect(lines.join('')).not.toContain('a secret')
  expect(lines.join('')).not.toContain(ANDROID.token)
})
