import type { Socket } from 'node:net'

/**
 * How a server is away:
 *
 * - refused: nothing listens, open connections are reset;
 * - black-holed: connections are accepted, and nothing arrives on either side until it heals;
 * - slow: each answer comes 5 s late;
 * - reset: the connection is reset after the first bytes of an answer;
 * - garbage: random bytes instead of an answer, and after the first 16 bytes of every other one.
 */
export const OUTAGES = ['refused', 'black-holed', 'slow', 'reset', 'garbage'] as const
export type Outage = (typeof OUTAGES)[number]

const SLOW_MS = 5_000
/** Bytes of an answer that pass before the connection is reset. */
const FIRST_BYTES = 8
/** As much as the header of MongoDB's protocol, and as the beginning of an HTTP answer. */
const HEADER_BYTES = 16

/** The bytes of one connection, treated as the outage of the moment wants. */
export interface Forwarding {
  request(chunk: Buffer): void
  answer(chunk: Buffer): void
  /** The server has closed the connection. */
  end(): void
}

export interface Answers {
  of(client: Socket, server: Socket, close: () => void): Forwarding
  fail(outage: Outage): void
  /** Delivers in order what was held up. */
  heal(): void
}

export function openAnswers(): Answers {
  let outage: Outage | null = null
  let garbled = 0
  const held = new Set<Held>()

  return {
    fail: next => void (outage = next),
    heal() {
      outage = null
      for (const each of held) each.deliver()
    },
    of(client, server, close) {
      const up = new Held(held)
      const down = new Held(held)
      client.once('close', () => {
        up.drop()
        down.drop()
      })
      return {
        request(chunk) {
          const pass = () => void server.write(chunk)
          if (outage === 'black-holed') up.add(pass, null)
          else up.pass(pass)
        },
        answer(chunk) {
          const pass = () => void client.write(chunk)
          switch (outage) {
            case 'black-holed':
              return down.add(pass, null)
            case 'slow':
              return down.add(pass, SLOW_MS)
            case 'reset':
              client.write(chunk.subarray(0, FIRST_BYTES), () => client.resetAndDestroy())
              return
            case 'garbage':
              garbled += 1
              return void client.write(garbage(chunk, garbled % 2 === 0 ? HEADER_BYTES : 0))
            case 'refused':
            case null:
              return down.pass(pass)
          }
        },
        end: () => (outage === 'black-holed' ? down.add(close, null) : down.pass(close)),
      }
    },
  }
}

/** Steps of one direction of a connection that are held up, in order. */
class Held {
  readonly #all: Set<Held>
  readonly #steps: { run: () => void; waits: boolean }[] = []
  readonly #timers = new Set<Timer>()

  constructor(all: Set<Held>) {
    this.#all = all
  }

  /** Now, or after what is held up. */
  pass(step: () => void): void {
    if (this.#steps.length === 0) step()
    else this.#steps.push({ run: step, waits: false })
  }

  /** After the time, or when everything is delivered. */
  add(run: () => void, ms: number | null): void {
    const step = { run, waits: true }
    this.#all.add(this)
    this.#steps.push(step)
    if (ms === null) return
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      this.#run(this.#steps.indexOf(step) + 1)
    }, ms)
    this.#timers.add(timer)
  }

  deliver(): void {
    this.#run(this.#steps.length)
    this.#stop()
  }

  drop(): void {
    this.#steps.length = 0
    this.#stop()
  }

  #run(count: number): void {
    for (const { run } of this.#steps.splice(0, count)) run()
    while (this.#steps[0]?.waits === false) this.#steps.shift()?.run()
  }

  #stop(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
    this.#all.delete(this)
  }
}

function garbage(chunk: Buffer, kept: number): Buffer {
  const random = Buffer.from(crypto.getRandomValues(new Uint8Array(Math.min(chunk.length, 65_536))))
  chunk.copy(random, 0, 0, Math.min(kept, random.length))
  return random
}
