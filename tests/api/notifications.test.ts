import { expect, test } from 'bun:test'
import type { Preferences } from '../../contracts/entities.ts'
import { MAX_DEVICES } from '../../contracts/notifications.ts'
import { refused, register, signIn } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'
import { openSocket } from '../support/socket.ts'
import { subscribe } from '../support/web-push.ts'

const server = sharedServer()

/** A subscription at a public address, to which nothing is sent here. */
const browser = (name: string = crypto.randomUUID()) => ({
  platform: 'web' as const,
  subscription: subscribe(`https://8.8.8.8/${name}`).subscription,
})
const statusOf = async (token: string, body: object) => {
  const response = await fetch(`${server.url}/notifications/register-device`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return response.status
}

test('a device is registered with 201, again with 200, and listed without its subscription', async () => {
  const ada = await register(server, 'ada')
  const laptop = { ...browser(), device_id: 'laptop' }
  expect(await statusOf(ada.access_token, laptop)).toBe(201)
  expect(await statusOf(ada.access_token, laptop)).toBe(200)
  const device = await ada.client.notifications.registerDevice(laptop)
  expect(device).toMatchObject({ platform: 'web', device_id: 'laptop' })
  expect(await ada.client.notifications.devices({})).toMatchObject({ data: [device], has_more: false })
  expect(Object.keys(device).sort()).toEqual(['created_at', 'device_id', 'id', 'last_used_at', 'platform'])
})

test('the same device_id with another subscription is the same device', async () => {
  const ada = await register(server, 'ada')
  const first = await ada.client.notifications.registerDevice({ ...browser(), device_id: 'laptop' })
  const second = await ada.client.notifications.registerDevice({ ...browser(), device_id: 'laptop' })
  expect(second.id).toBe(first.id)
})

test('a device of another user moves, and the former user has it no more', async () => {
  const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
  const shared = browser()
  const hers = await ada.client.notifications.registerDevice(shared)
  expect(await statusOf(bob.access_token, shared)).toBe(201)
  expect((await ada.client.notifications.devices({})).data).toEqual([])
  const [his] = (await bob.client.notifications.devices({})).data
  expect(his?.id).not.toBe(hers.id)
})

test('a device is removed with 204, also again, and is 404 for others', async () => {
  const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
  const { id } = await ada.client.notifications.registerDevice(browser())
  await refused(bob.client.notifications.deleteDevice({ id }), 'not_found')
  await ada.client.notifications.deleteDevice({ id })
  await ada.client.notifications.deleteDevice({ id })
  await refused(bob.client.notifications.deleteDevice({ id }), 'not_found')
  await refused(ada.client.notifications.deleteDevice({ id: Bun.randomUUIDv7() }), 'not_found')
  expect((await ada.client.notifications.devices({})).data).toEqual([])
})

test('devices end with their session, by logout, revocation and a new password', async () => {
  const ada = await register(server, 'ada')
  const sessions = [await signIn(server, ada.name), await signIn(server, ada.name), await signIn(server, ada.name)]
  for (const { client } of sessions) await client.notifications.registerDevice(browser())
  const count = async () => (await ada.client.notifications.devices({})).data.length
  expect(await count()).toBe(3)
  await sessions[0]?.client.auth.logout({})
  expect(await count()).toBe(2)
  await ada.client.auth.revokeSession({ session_id: sessions[1]?.session_id ?? '' })
  expect(await count()).toBe(1)
  const { id } = await ada.client.notifications.registerDevice(browser())
  await ada.client.auth.password({
    current_password: 'a fine long passphrase',
    new_password: 'another fine passphrase',
  })
  expect((await ada.client.notifications.devices({})).data.map(device => device.id)).toEqual([id])
})

test('one device too many removes the one that was registered longest ago', async () => {
  const ada = await register(server, 'ada')
  const first = await ada.client.notifications.registerDevice(browser())
  for (let more = 0; more < MAX_DEVICES; more += 1) await ada.client.notifications.registerDevice(browser())
  const { data } = await ada.client.notifications.devices({ limit: 100 })
  expect(data).toHaveLength(MAX_DEVICES)
  expect(data.map(({ id }) => id)).not.toContain(first.id)
  const page = await ada.client.notifications.devices({ limit: 10 })
  expect(page).toMatchObject({ has_more: true })
  const next = await ada.client.notifications.devices({ limit: 100, start: page.next_start ?? '' })
  expect([...page.data, ...next.data]).toEqual(data)
})

test('what cannot be pushed to is 422 and names the field', async () => {
  const ada = await register(server, 'ada')
  const at = (endpoint: string) => ({ ...browser(), subscription: subscribe(endpoint).subscription })
  const good = browser()
  const wrong: [string, object][] = [
    ['subscription.endpoint', at('http://8.8.8.8/plain')],
    ['subscription.endpoint', at('https://127.0.0.1/private')],
    ['subscription.endpoint', at('https://169.254.169.254/latest')],
    ['subscription.endpoint', at('https://localhost/')],
    ['subscription.endpoint', at('https://user:word@8.8.8.8/')],
    ['subscription.keys.p256dh', { ...good, subscription: { ...good.subscription, keys: { p256dh: 'x', auth: 'y' } } }],
    ['subscription', { platform: 'web' }],
    ['subscription', { platform: 'fcm', token: 't', subscription: good.subscription }],
    ['token', { ...good, token: 't' }],
    ['token', { platform: 'fcm' }],
    ['platform', { platform: 'fcm', token: 't' }],
    ['platform', { platform: 'apns', token: 'ab'.repeat(32) }],
    ['platform', { platform: 'pigeon', token: 't' }],
  ]
  for (const [path, input] of wrong) {
    const call = ada.client.notifications.registerDevice(input as ReturnType<typeof browser>)
    const { errors } = await refused(call, 'validation_failed')
    expect(errors.map(each => each.path)).toContain(path)
  }
  expect((await ada.client.notifications.devices({})).data).toEqual([])
})

test('the key for browsers is a point on P-256, the same for everybody and after a restart', async () => {
  const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
  const { public_key } = await ada.client.notifications.vapidPublicKey({})
  expect(Buffer.from(public_key, 'base64url')).toHaveLength(65)
  expect(await bob.client.notifications.vapidPublicKey({})).toEqual({ public_key })
  await server.restart()
  expect(await bob.client.notifications.vapidPublicKey({})).toEqual({ public_key })
})

test('devices are in the export, and removed with the account', async () => {
  const ada = await register(server, 'ada')
  const shared = browser()
  const device = await ada.client.notifications.registerDevice(shared)
  const exported = await ada.client.users.export({})
  expect(exported.devices).toEqual([device])
  expect(JSON.stringify(exported)).not.toContain('8.8.8.8')
  await ada.client.users.delete({ user_id: 'me', password: 'a fine long passphrase' })
  expect(await server.running.storage.devices.ofUsers([ada.id])).toEqual([])
})

test('preferences have defaults, merge what is given, and null clears', async () => {
  const ada = await register(server, 'ada')
  const { preferences, updatePreferences: update } = ada.client.notifications
  const defaults: Preferences = { level: 'all', muted_until: null, quiet_hours: [], preview: false }
  expect(await preferences({})).toEqual(defaults)
  const quiet_hours = [{ days: ['fri' as const], from: '22:00', to: '07:00', tz: 'America/New_York' }]
  expect(await update({ level: 'mentions', quiet_hours })).toEqual({ ...defaults, level: 'mentions', quiet_hours })
  const muted = await update({ muted_until: '2027-01-01T00:00:00+01:00', preview: true })
  const all: Preferences = { level: 'mentions', muted_until: '2026-12-31T23:00:00.000Z', quiet_hours, preview: true }
  expect(muted).toEqual(all)
  expect(await update({})).toEqual(all)
  expect(await update({ muted_until: null, quiet_hours: null })).toEqual({ ...all, muted_until: null, quiet_hours: [] })
  expect(await preferences({})).toEqual({ ...all, muted_until: null, quiet_hours: [] })
  expect((await ada.client.users.export({})).preferences).toEqual(await preferences({}))
})

test('a change of preferences is one durable event on every device of the user, and equals a fresh fetch', async () => {
  const ada = await register(server, 'ada')
  const other = await signIn(server, ada.name)
  using socket = await openSocket(server.url, { token: other.access_token })
  const after = await ada.client.notifications.updatePreferences({ level: 'none' })
  const { stream, change, data } = await socket.find('event', ({ event }) => event === 'preferences.updated')
  expect([stream, data]).toEqual([ada.id, { ...after }])
  expect(await other.client.notifications.preferences({})).toEqual(after)
  await ada.client.notifications.updatePreferences({ level: 'none' })
  await ada.client.notifications.updatePreferences({ level: 'all' })
  await socket.find('event', frame => frame.change === (change ?? 0) + 1)
  expect(socket.changes(ada.id)).toEqual([change ?? 0, (change ?? 0) + 1])
})

test('wrong preferences are 422 and name the field', async () => {
  const ada = await register(server, 'ada')
  const hours = { days: ['mon'], from: '22:00', to: '07:00', tz: 'Europe/Berlin' }
  const wrong: [string, object][] = [
    ['level', { level: 'some' }],
    ['muted_until', { muted_until: 'tomorrow' }],
    ['quiet_hours.0.days', { quiet_hours: [{ ...hours, days: [] }] }],
    ['quiet_hours.0.days.0', { quiet_hours: [{ ...hours, days: ['someday'] }] }],
    ['quiet_hours.0.from', { quiet_hours: [{ ...hours, from: '24:00' }] }],
    ['quiet_hours.0.to', { quiet_hours: [{ ...hours, to: '7:00' }] }],
    ['quiet_hours.0.tz', { quiet_hours: [{ ...hours, tz: 'Europe/Atlantis' }] }],
    ['quiet_hours.0.tz', { quiet_hours: [{ ...hours, tz: '+02:00' }] }],
    ['quiet_hours', { quiet_hours: Array.from({ length: 15 }, () => hours) }],
    ['preview', { preview: 'yes' }],
    ['sound', { sound: 'bell' }],
  ]
  for (const [path, input] of wrong) {
    const { errors } = await refused(ada.client.notifications.updatePreferences(input), 'validation_failed')
    expect(errors.map(each => each.path)).toContain(path)
  }
})
