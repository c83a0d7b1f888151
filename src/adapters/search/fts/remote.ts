import { SearchUnavailable } from '../../../ports/search.ts'
import type { Answer, Calls } from './calls.ts'
import type { Difference } from './writer.ts'

/** Calls that wait for one Worker, and how many of them may be searches: these turn nothing away that the index must learn. */
const MAX_WAITING = 64
const MAX_SEARCHES = 48

interface Waiting {
  resolve: (result: unknown) => void
  reject: (error: Error) => void
}

/** The index file is damaged. */
export class Damaged extends SearchUnavailable {}

/** A Worker that answers calls one after the other. One that ended is started again by the next call. */
export class Remote implements AsyncDisposable {
  readonly #onDifference: (difference: Difference) => void
  readonly #waiting = new Map<number, Waiting>()
  #worker: Worker | null = null
  #last = 0

  constructor(onDifference: (difference: Difference) => void = () => {}) {
    this.#onDifference = onDifference
  }

  get running(): boolean {
    return this.#worker !== null
  }

  async call<N extends keyof Calls>(name: N, ...argument: Parameters<Calls[N]>): Promise<ReturnType<Calls[N]>> {
    const most = name === 'search' ? MAX_SEARCHES : MAX_WAITING
    if (this.#waiting.size >= most) throw new SearchUnavailable('too many calls wait for the search index')
    const worker = (this.#worker ??= this.#start())
    const id = (this.#last += 1)
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    this.#waiting.set(id, { resolve, reject })
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a Worker has no origin
    worker.postMessage({ id, name, argument: argument[0] })
    // Cast: the Worker answers a call with the result of the function of that name.
    return (await promise) as ReturnType<Calls[N]>
  }

  #start(): Worker {
    const worker = new Worker(new URL('./worker.ts', import.meta.url).href)
    worker.onmessage = ({ data }: MessageEvent<Answer>) => this.#take(data)
    worker.onerror = event => {
      event.preventDefault()
      this.#end(worker, event.message)
      worker.terminate()
    }
    worker.addEventListener('close', () => this.#end(worker, 'the search index ended'))
    return worker
  }

  /** Nobody waits for the answers of a Worker that has ended. */
  #end(worker: Worker, reason: string): void {
    if (this.#worker !== worker) return
    this.#worker = null
    for (const { reject } of this.#waiting.values()) reject(new SearchUnavailable(reason))
    this.#waiting.clear()
  }

  #take(answer: Answer): void {
    if ('difference' in answer) return this.#onDifference(answer.difference)
    const waiting = this.#waiting.get(answer.id)
    this.#waiting.delete(answer.id)
    if ('result' in answer) waiting?.resolve(answer.result)
    else waiting?.reject(answer.corrupt ? new Damaged(answer.error) : new SearchUnavailable(answer.error))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const worker = this.#worker
    if (!worker) return
    // Without an answer the Worker ends in the midst of its work, which SQLite undoes when the file is opened again.
    await this.call('close').catch(() => {})
    this.#end(worker, 'the search index is closed')
    worker.terminate()
  }
}
