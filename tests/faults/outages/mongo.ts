import { expect } from 'bun:test'
import type { Message } from '../../../contracts/entities.ts'
import { auditStore } from '../../support/audit.ts'
import { readHistory } from '../../support/history.ts'
import { expectAgreement, observer } from '../../support/observer.ts'
import type { Outage } from '../../support/outages.ts'
import { jsonOf } from '../../support/probe.ts'
import { until } from '../../support/until.ts'
import { openScene, useEverything, type Scene, type Stage } from './stage.ts'

const WRITERS = 3
const PAUSE_MS = 25

/** The store is away: every call is refused in time, and what was acknowledged is there afterwards, once. */
export async function mongoCell(stage: Stage, outage: Outage): Promise<void> {
  const { server, proxies } = stage
  using scene = await openScene(stage)
  const { ada, bob, room, probe } = scene
  probe.usual_ms = Math.max(...(await useEverything(scene)).map(({ ms }) => ms))
  await using watching = await observer(server, bob)
  const writing = new Writing(scene)
  await until(() => writing.acknowledged.length >= 10, 'messages before the outage')

  await proxies.MongoDB.fail(outage)
  for (let wave = 0; wave < 2; wave += 1) {
    const replies = await useEverything(scene)
    if (wave > 0) expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 503))
  }
  expect((await probe.call(null, 'GET', '/health/ready')).status).toBe(503)
  expect((await probe.call(null, 'GET', '/health/live')).status).toBe(200)

  await proxies.MongoDB.heal()
  const stored = writing.acknowledged.length
  await until(async () => {
    await writing.check()
    const replies = await useEverything(scene)
    return replies.every(({ status }) => status < 300) && writing.acknowledged.length > stored + WRITERS
  }, 'the same process goes on')
  await writing.stop()

  const history = await readHistory(ada.client, room)
  const written = history.filter(({ client_id }) => client_id !== null)
  // As many, and each of them: so none is there twice.
  expect(written.length).toBe(writing.acknowledged.length)
  for (const { client_id, seq } of writing.acknowledged)
    expect(written.find(each => each.client_id === client_id)?.seq).toBe(seq)
  await expectAgreement([watching], room)
  await auditStore(server.running.storage, [room], [ada.id, bob.id])
}

/** Writers that send without a break, each message until it is acknowledged. */
class Writing {
  readonly acknowledged: Pick<Message, 'client_id' | 'seq'>[] = []
  readonly #writing: Promise<void>[]
  #stopped = false

  constructor({ probe, ada, room }: Scene) {
    const path = `/conversations/${room}/messages`
    const write = async (writer: number) => {
      for (let number = 1; !this.#stopped; number += 1) {
        const client_id = `${writer}-${number}`
        for (;;) {
          const reply = await probe.call(ada, 'POST', path, { content: `line ${client_id}`, client_id })
          if (reply.status < 300) {
            this.acknowledged.push(jsonOf(reply) as Message)
            break
          }
        }
        await Bun.sleep(PAUSE_MS)
      }
    }
    this.#writing = Array.from({ length: WRITERS }, (_, writer) => write(writer))
    for (const each of this.#writing) each.catch(() => (this.#stopped = true))
  }

  /** Fails if one of them has failed. */
  check(): Promise<void> {
    return this.#stopped ? this.stop() : Promise.resolve()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#writing)
  }
}
