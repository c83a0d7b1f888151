import { ProblemSchema } from '../../contracts/socket.ts'
import type { Person } from './people.ts'

/** Every answer comes within this time, also while a dependency is away (docs/deploy.md). */
export const MAX_ANSWER_MS = 3_000
/** For a machine that has other work. What the event loop was late is allowed besides. */
const SLACK_MS = 1_000
const TICK_MS = 20

export interface Reply {
  status: number
  ms: number
  body: Uint8Array
}

/** Calls a server over plain HTTP, and expects of each answer that it is in time and either a success or a proper 503. */
export class Probe implements Disposable {
  readonly #url: string
  readonly #timer: Timer
  #late_ms = 0
  #ticked_at = performance.now()
  /** The longest answer so far. */
  longest = { call: '', ms: 0 }
  /** How long the machine takes now for the calls of a test while nothing is away. It is allowed besides. */
  usual_ms = 0

  constructor(url: string) {
    this.#url = url
    this.#timer = setInterval(() => this.#tick(), TICK_MS)
  }

  async call(person: Person | null, method: string, path: string, body?: unknown): Promise<Reply> {
    const headers = new Headers(person ? { authorization: `Bearer ${person.access_token}` } : {})
    if (body !== undefined && !(body instanceof FormData)) headers.set('content-type', 'application/json')
    const sent = body instanceof FormData ? body : JSON.stringify(body)
    return this.send(method, path, headers, sent)
  }

  /** Throws if the answer is late, or neither a success nor a 503 that says when to try again. */
  async send(method: string, path: string, headers: Headers, body?: BodyInit): Promise<Reply> {
    const [begun, late_before] = [performance.now(), this.#late_ms]
    const answer = await fetch(`${this.#url}${path}`, { method, headers, ...(body === undefined ? {} : { body }) })
    const status = answer.status
    // A body that breaks off is no answer: its length was announced.
    const bytes = await answer.bytes().catch(() => null)
    const ms = performance.now() - begun
    const where = `${method} ${path.split('?')[0]}`
    if (ms > this.longest.ms) this.longest = { call: `${where} ${status}`, ms }
    if (ms > MAX_ANSWER_MS + SLACK_MS + 2 * this.usual_ms + this.#late_ms - late_before)
      throw new Error(`${where} answered ${status} after ${Math.round(ms)} ms`)
    if (bytes === null) return { status: 0, ms, body: new Uint8Array() }
    if (status !== 503 && (status < 200 || status > 299))
      throw new Error(`${where} answered ${status}: ${new TextDecoder().decode(bytes)}`)
    if (status === 503) this.#checkRefusal(where, answer, bytes)
    return { status, ms, body: bytes }
  }

  #checkRefusal(where: string, answer: Response, bytes: Uint8Array): void {
    if (where === 'GET /health/ready') return
    const problem = ProblemSchema.parse(JSON.parse(new TextDecoder().decode(bytes)))
    if (!(Number(answer.headers.get('retry-after')) > 0) || !(Number(problem.retry_after) > 0))
      throw new Error(`${where} answered 503 without saying when to try again`)
  }

  #tick(): void {
    const now = performance.now()
    this.#late_ms += Math.max(0, now - this.#ticked_at - 2 * TICK_MS)
    this.#ticked_at = now
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}

export function jsonOf({ body }: Reply): unknown {
  return JSON.parse(new TextDecoder().decode(body))
}
