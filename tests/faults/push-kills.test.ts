import { expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient, type Client } from '../../src/sdk/index.ts'
import { expectPushedOnce, pushedTo } from '../support/push-audit.ts'
import { sendOnce } from '../support/send-once.ts'
import { dropDatabase, stack } from '../support/server.ts'
import { until } from '../support/until.ts'
import { Victim } from '../support/victim.ts'
import { openPushService, type PushRequest } from '../support/web-push.ts'

const CYCLES = stack === 'mongo' ? 3 : 5
const DEVICES = 4
/** Pushes between two kills. */
const BETWEEN_KILLS = 6
/** How long the push service takes to answer, so that pushes are in progress when the process is killed. */
const ANSWER_MS = 20
const PASSWORD = 'a fine long passphrase'
/** A push that was in progress when the process was killed is sent again when its claim has ended. */
const LATE_MS = 60_000

test(`kill -9 in the middle of pushing, ${CYCLES} times, loses no message, and doubles one only over a kill`, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-push-'))
  const database = `parley_test_${crypto.randomUUID().replaceAll('-', '')}`
  using web = openPushService()
  const accepted = new Set<PushRequest>()
  web.answer = async request => {
    await Bun.sleep(ANSWER_MS)
    if (web.requests.length % 7 === 0) return new Response(null, { status: 503 })
    accepted.add(request)
    return new Response(null, { status: 201 })
  }
  const victim = new Victim(folder, database, { PARLEY_PUSH_ALLOW: web.host })
  const kills: number[] = []
  try {
    await victim.start()
    const [ada, bob] = [await signUp(victim.url, 'ada'), await signUp(victim.url, 'bob')]
    const browsers = Array.from({ length: DEVICES }, () => web.subscribe())
    for (const { subscription } of browsers) await bob.notifications.registerDevice({ platform: 'web', subscription })
    const participant_ids = [bob.tokens.current?.user_id ?? '']
    const { id: conversation_id } = await ada.conversations.create({ type: 'group', name: 'Engines', participant_ids })

    let last = 0
    const stop = new AbortController()
    const sending = (async () => {
      while (!stop.signal.aborted) {
        const client_id = `line-${last + 1}`
        last = (await sendOnce(ada, { conversation_id, content: client_id, client_id })).seq
        const reached = web.requests.length + 1
        await until(() => stop.signal.aborted || web.requests.length >= reached, 'another push')
      }
    })()
    for (let cycle = 0; cycle < CYCLES; cycle += 1) {
      const wanted = web.requests.length + BETWEEN_KILLS
      await until(() => web.requests.length >= wanted, `pushes after start ${cycle}`)
      await victim.end('SIGKILL')
      kills.push(performance.now())
      await victim.start()
    }
    stop.abort()
    await sending

    const end = performance.now() + LATE_MS
    const reached = () => browsers.every(browser => pushedTo(browser, accepted).at(-1)?.seq === last)
    while (!reached() && performance.now() < end) await Bun.sleep(50)
    for (const browser of browsers) {
      const pushes = pushedTo(browser, accepted)
      expect(pushes.at(-1)?.seq).toBe(last)
      expectPushedOnce(pushes, kills)
    }
  } finally {
    await victim.end('SIGTERM')
    if (stack === 'mongo') await dropDatabase(database)
    await rm(folder, { recursive: true, force: true })
  }
}, 300_000)

async function signUp(url: string, name: string): Promise<Client> {
  const client = createClient({ url })
  const username = `${name}-${crypto.randomUUID().slice(0, 8)}`
  await client.auth.register({ username, email: `${username}@example.com`, password: PASSWORD })
  return client
}
