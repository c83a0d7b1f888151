import { Unavailable } from '../../../../ports/storage.ts'
import type { Call, FlushTypes, Taken } from './job.ts'
import { MAX_ENTRIES } from '../rows/log-table.ts'

/** Calls that wait, beyond which further ones are refused. */
const MAX_WAITING = 20_000
/** Streams of one flush. */
const FLUSH_STREAMS = 256

/** The waiting calls by stream. A stream that was taken is not taken again before it is released. */
export class Queue<F extends FlushTypes> {
  readonly #waiting = new Map<string, Call<F['input'], F['answer']>[]>()
  readonly #settling = new Map<string, Call<null, void>[]>()
  readonly #busy = new Set<string>()
  #count = 0

  get empty(): boolean {
    return this.#waiting.size + this.#settling.size === 0
  }

  add(stream: string, call: Call<F['input'], F['answer']>): void {
    if (call.weight > MAX_ENTRIES) {
      call.reject(new RangeError(`an append takes at most ${MAX_ENTRIES} drafts`))
    } else if (this.#count >= MAX_WAITING) {
      call.reject(new Unavailable('too many appends are waiting'))
    } else {
      this.#count += 1
      push(this.#waiting, stream, call)
    }
  }

  addSettling(stream: string, call: Call<null, void>): void {
    push(this.#settling, stream, call)
  }

  take(): Taken<F>[] {
    const taken: Taken<F>[] = []
    for (const stream of new Set([...this.#waiting.keys(), ...this.#settling.keys()])) {
      if (taken.length === FLUSH_STREAMS) break
      if (this.#busy.has(stream)) continue
      this.#busy.add(stream)
      const settling = this.#settling.get(stream) ?? []
      this.#settling.delete(stream)
      taken.push({ stream, calls: this.#takeCalls(stream), settling })
    }
    return taken
  }

  /** As many calls as fit into one row of the log. */
  #takeCalls(stream: string): Call<F['input'], F['answer']>[] {
    const waiting = this.#waiting.get(stream) ?? []
    let weight = 0
    let count = 0
    for (const call of waiting) {
      if (weight + call.weight > MAX_ENTRIES) break
      weight += call.weight
      count += 1
    }
    const calls = waiting.splice(0, count)
    if (waiting.length === 0) this.#waiting.delete(stream)
    this.#count -= calls.length
    return calls
  }

  release(stream: string): void {
    this.#busy.delete(stream)
  }

  rejectAll(error: unknown): void {
    const waiting = [...this.#waiting.values(), ...this.#settling.values()].flat()
    this.#waiting.clear()
    this.#settling.clear()
    this.#count = 0
    for (const call of waiting) call.reject(error)
  }
}

function push<C>(queue: Map<string, C[]>, stream: string, call: C): void {
  const calls = queue.get(stream)
  if (calls) calls.push(call)
  else queue.set(stream, [call])
}
