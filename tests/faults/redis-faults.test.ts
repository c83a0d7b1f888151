import { afterAll, expect, test } from 'bun:test'
import { noCluster, startCluster, type ClusterNode } from '../support/cluster.ts'
import { expectAgreement, observer, type Observer } from '../support/observer.ts'
import { OUTAGES } from '../support/outages.ts'
import { groupOf, register, signIn } from '../support/people.ts'
import { shared } from '../support/shared.ts'
import { until } from '../support/until.ts'
import { patiently, sendOnce } from '../support/send-once.ts'

const FAULTS = 30
const SEED = 20_261_126
const SLOW = 400_000
/** Messages that all writers together have acknowledged while a fault lasts. */
const DURING = 6
/** Every so many faults last until the nodes have noticed them; the others are shorter. */
const LONG = 3
const PAUSE_MS = 30
const KINDS = ['cut', ...OUTAGES] as const
type Kind = (typeof KINDS)[number]

/** Pseudo-random numbers, the same in every run. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

if (noCluster) test.skip(`Redis that fails on three nodes: ${noCluster}`, () => undefined)
else {
  const cluster = shared(() => startCluster({ redisProxies: true }))
  afterAll(() => cluster()[Symbol.asyncDispose]())

  test(
    `after each of ${FAULTS} faults of Redis on three nodes every client has the state of a fresh fetch, without gap and double`,
    async () => {
      const { nodes } = cluster()
      const [first] = nodes
      if (!first) throw new Error('a cluster has nodes')
      const ada = await register(first, 'ada')
      const readers = await Promise.all(nodes.map(node => register(node, 'reader')))
      const { id: room } = await groupOf(ada, readers)
      await using watching = new AsyncDisposableStack()
      const observers: Observer[] = []
      for (const [index, node] of nodes.entries()) {
        const reader = readers[index]
        if (reader) observers.push(watching.use(await observer(node, reader)))
      }
      await using writing = await Writing.begin(nodes, ada.name, room)
      const random = randomFrom(SEED)
      for (let fault = 1; fault <= FAULTS; fault += 1) {
        const kind = KINDS[random(KINDS.length)] ?? 'cut'
        // One node, or several at the same time.
        const hit = nodes.filter((_, index) => index === fault % nodes.length || random(4) === 0)
        const is_long = fault % LONG === 0
        if (is_long) await Promise.all(hit.map(node => until(() => isConnected(node), `the bus before fault ${fault}`)))
        await Promise.all(hit.map(node => fail(node, kind)))
        const wanted = writing.acknowledged + DURING
        await until(() => writing.acknowledged >= wanted, `messages during fault ${fault}, ${kind}`)
        if (is_long && kind !== 'cut')
          await Promise.all(hit.map(node => until(async () => !(await isConnected(node)), `fault ${fault}, ${kind}`)))
        await Promise.all(hit.map(async node => node.redis?.heal()))
        await writing.pause(() => patiently(() => expectAgreement(observers, room)))
      }
      await writing.pause(async () => {
        for (const { events } of observers) {
          const changes = events.flatMap(({ stream, change }) => (stream === room && change ? [change] : []))
          expect(changes).toEqual(changes.map((_, index) => (changes[0] ?? 0) + index))
        }
        const { last_seq } = await patiently(() => ada.client.conversations.get({ conversation_id: room }))
        expect(last_seq).toBe(writing.acknowledged)
      })
    },
    SLOW,
  )
}

async function fail({ redis }: ClusterNode, kind: Kind): Promise<void> {
  if (kind === 'cut') redis?.reset()
  else await redis?.fail(kind)
}

/** Whether the node has its connection to Redis, as it says. */
async function isConnected({ url }: ClusterNode): Promise<boolean> {
  const answer = (await (await fetch(`${url}/health/ready`)).json()) as {
    dependencies: { bus?: { status: string } }
  }
  return answer.dependencies.bus?.status === 'ok'
}

/** A writer on each node. */
class Writing implements AsyncDisposable {
  acknowledged = 0
  #stopped = false
  #paused: Promise<void> | null = null
  #running: Promise<void>[] = []
  readonly #busy = new Set<Promise<unknown>>()

  static async begin(nodes: readonly ClusterNode[], name: string, conversation_id: string): Promise<Writing> {
    const writing = new Writing()
    const writers = await Promise.all(nodes.map(node => signIn(node, name)))
    writing.#running = writers.map(async ({ client }, node) => {
      for (let number = 1; !writing.#stopped; number += 1) {
        const client_id = `${node}-${number}`
        const sending = sendOnce(client, { conversation_id, content: `line ${client_id}`, client_id })
        writing.#busy.add(sending)
        await sending.finally(() => writing.#busy.delete(sending))
        writing.acknowledged += 1
        await Bun.sleep(PAUSE_MS)
        await writing.#paused
      }
    })
    return writing
  }

  /** Does the work while nobody writes. */
  async pause(work: () => Promise<void>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#paused = promise
    await Promise.all(this.#busy)
    try {
      await work()
    } finally {
      this.#paused = null
      resolve()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#running)
  }
}
