import { expect, test } from 'bun:test'
import { groupOf, register, say, type Person } from '../support/people.ts'
import { startNodes } from '../support/nodes.ts'
import { openSocket } from '../support/socket.ts'
import { until } from '../support/until.ts'
import { openPushService } from '../support/web-push.ts'

test('a user who is connected to another node gets no push, and gets one after they have gone', async () => {
  using web = openPushService()
  await using nodes = await startNodes({ settings: { PARLEY_PUSH_ALLOW: web.host } })
  const { here, there } = nodes
  const [ada, bob, cy] = [await register(here, 'ada'), await register(here, 'bob'), await register(here, 'cy')]
  const browserOf = async (person: Person) => {
    const browser = web.subscribe()
    await person.client.notifications.registerDevice({ platform: 'web', subscription: browser.subscription })
    return browser
  }
  const [his, hers] = [await browserOf(bob), await browserOf(cy)]
  const presenceOf = async () => (await ada.client.presence.list({ ids: bob.id })).data[0]?.presence
  const { id: room } = await groupOf(ada, [bob, cy])
  const sent = async () => {
    const { id } = await say(ada, room, 'hello')
    await until(() => web.payloads(hers).some(({ message_id }) => message_id === id), 'the push of who is away')
    return id
  }
  {
    using socket = await openSocket(there.url, { token: bob.access_token })
    await until(async () => (await presenceOf()) === 'online', 'the other node hears of the connection')
    await sent()
    expect(web.payloads(his)).toEqual([])
    expect(socket.code).toBeNull()
  }
  await until(async () => (await presenceOf()) === 'offline', 'the other node hears that the connection has ended')
  const id = await sent()
  await until(() => web.payloads(his).length > 0, 'the push')
  expect(web.payloads(his).map(({ message_id }) => message_id)).toEqual([id])
})
