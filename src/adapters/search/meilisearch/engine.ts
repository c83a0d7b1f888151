import {
  Meilisearch,
  MeilisearchApiError,
  MeilisearchTaskTimeOutError,
  type EnqueuedTaskPromise,
  type Index,
} from 'meilisearch'
import { SearchUnavailable } from '../../../ports/search.ts'
import type { IndexDocument } from './documents.ts'

/** How long a read may take: a search that waits for it is answered in time. */
const READ_MS = 2_500
/** How long the request of a change may take, for which no call waits. */
const REQUEST_MS = 10_000
/** How long a task may take, the tasks before it included; then the change counts as failed and comes again. */
const TASK_MS = 60_000
const POLL_MS = 20
/** How often a change is made whose task fails or disappears. */
const MAX_ATTEMPTS = 3

/** A Meilisearch server, in which a change is made only when its task has succeeded. */
export class Engine {
  readonly #client: Meilisearch
  readonly #reader: Meilisearch

  constructor({ url, key, task_ms = TASK_MS }: { url: string; key: string | null; task_ms?: number }) {
    const server = { host: url, ...(key === null ? {} : { apiKey: key }) }
    const defaultWaitOptions = { timeout: task_ms, interval: POLL_MS }
    this.#client = new Meilisearch({ ...server, timeout: REQUEST_MS, defaultWaitOptions })
    this.#reader = new Meilisearch({ ...server, timeout: READ_MS })
  }

  /** For changes. */
  index(uid: string) {
    return this.#client.index<IndexDocument>(uid)
  }

  create(uid: string): EnqueuedTaskPromise {
    return this.#client.createIndex(uid, { primaryKey: 'id' })
  }

  swap(uid: string, other: string): EnqueuedTaskPromise {
    return this.#client.swapIndexes([{ indexes: [uid, other], rename: false }])
  }

  /** The answer; null for an index or document that does not exist. Rejects with `SearchUnavailable` otherwise. */
  async read<T>(uid: string, request: (index: Index<IndexDocument>) => Promise<T>): Promise<T | null> {
    try {
      return await request(this.#reader.index<IndexDocument>(uid))
    } catch (error) {
      if (NOT_FOUND.has(codeOf(error))) return null
      throw unavailable(error)
    }
  }

  /**
   * Makes a change: resolves when its task has succeeded, or has failed with the code that is accepted. A task that failed, or
   * of which the server knows nothing any more, is made again.
   */
  async change(request: () => EnqueuedTaskPromise, accepted?: string): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const failure = await this.#attempt(request)
      if (failure === null || failure === accepted) return
      if (attempt === MAX_ATTEMPTS) throw new SearchUnavailable(`Meilisearch does not carry out a change: ${failure}`)
    }
  }

  /** null: it is made. Else the code of the failure. */
  async #attempt(request: () => EnqueuedTaskPromise): Promise<string | null> {
    try {
      const task = await request().waitTask()
      return task.status === 'succeeded' ? null : (task.error?.code ?? task.status)
    } catch (error) {
      if (codeOf(error) === 'task_not_found') return 'task_not_found'
      throw unavailable(error)
    }
  }
}

const NOT_FOUND = new Set(['index_not_found', 'document_not_found'])

function codeOf(error: unknown): string {
  return error instanceof MeilisearchApiError ? (error.cause?.code ?? '') : ''
}

/** The messages of Meilisearch's own errors are left out, because they may name a query. */
function unavailable(error: unknown): SearchUnavailable {
  const reason = error instanceof MeilisearchTaskTimeOutError ? 'a change takes too long' : codeOf(error) || 'no answer'
  return new SearchUnavailable(`Meilisearch: ${reason}`)
}
