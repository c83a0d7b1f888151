import { mkdir } from 'node:fs/promises'
import { rankFromText } from '../../../domain/search/match.ts'
import { SearchUnavailable, UnknownCursor, type SearchIndex, type SearchRequest } from '../../../ports/search.ts'
import type { PostedRequest } from './calls.ts'
import { Damaged, Remote } from './remote.ts'
import { endRequests, rebuildRequests, tellProgress } from './request.ts'

/** A place, which is a number in base 36. */
const PLACE = /^[0-9a-z]{1,11}$/

/**
 * The embedded index: SQLite FTS5 in a file of its own in the folder, for one process. `epoch` is that of the store; the
 * index of another store is not used.
 */
export async function openFts(place: { folder: string; epoch: string }): Promise<SearchIndex> {
  await mkdir(place.folder, { recursive: true, mode: 0o700 })
  return new FtsIndex(place)
}

class FtsIndex implements SearchIndex {
  readonly #place: { folder: string; epoch: string }
  readonly #writer: Remote
  readonly #searcher = new Remote()
  /** The file of the index, as the running writer has opened it. */
  #file: Promise<string | null> | null = null
  /** The file that the running searcher opens or has opened. */
  #used: { file: string; opened: Promise<void> } | null = null

  constructor(place: { folder: string; epoch: string }) {
    this.#place = place
    // A searcher that misses a difference would find too little: the next search starts one that reads the whole index.
    this.#writer = new Remote(difference => {
      if (this.#searcher.running)
        this.#searcher.call('learn', difference).catch(() => this.#searcher[Symbol.asyncDispose]())
    })
  }

  async state() {
    if ((await this.#opened()) === null) return 'absent'
    return rebuildRequests(this.#place.folder).length > 0 ? 'outdated' : 'whole'
  }

  async apply(changes: Parameters<SearchIndex['apply']>[0]): Promise<void> {
    await this.#opened()
    await this.#guarded(() => this.#writer.call('apply', changes))
  }

  async begin() {
    await this.#opened()
    const { folder } = this.#place
    // A request that is made from now on may be about what was read before it.
    const requests = rebuildRequests(folder)
    let messages = 0
    await this.#writer.call('begin')
    await tellProgress(folder, { requests, messages })
    return {
      apply: async (changes: Parameters<SearchIndex['apply']>[0]) => {
        await this.#writer.call('fill', changes)
        messages += changes.length
        await tellProgress(folder, { requests, messages })
      },
      finish: async () => {
        const file = await this.#writer.call('finish')
        this.#file = Promise.resolve(file)
        if (this.#used) await this.#use(file)
        await this.#writer.call('clean')
        await endRequests(folder, requests)
      },
    }
  }

  async search(request: Parameters<SearchIndex['search']>[0]) {
    const { sort, start } = request
    const place = start !== undefined && sort === 'relevance' ? rankFromText(start)?.place : start
    if (start !== undefined && !PLACE.test(place ?? '')) throw new UnknownCursor()
    const file = await this.#opened()
    if (file === null) throw new SearchUnavailable('the search index is being built')
    return this.#guarded(async () => {
      await this.#use(file)
      return this.#searcher.call('search', posted(request))
    })
  }

  /** The Worker that ended has to open the folder again. */
  async #opened(): Promise<string | null> {
    if (!this.#writer.running) this.#file = null
    this.#file ??= this.#writer.call('open', this.#place)
    return this.#file.catch((error: unknown) => {
      this.#file = null
      throw error
    })
  }

  /** Once for searches that come together. */
  async #use(file: string): Promise<void> {
    if (!this.#searcher.running) this.#used = null
    if (this.#used?.file !== file) this.#used = { file, opened: this.#searcher.call('use', file) }
    const used = this.#used
    await used.opened.catch((error: unknown) => {
      if (this.#used === used) this.#used = null
      throw error
    })
  }

  /** A damaged file is given up, so that a rebuild replaces it. */
  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (error instanceof Damaged) {
        await this.#searcher[Symbol.asyncDispose]()
        this.#used = null
        await this.#writer.call('discard')
        this.#file = Promise.resolve(null)
      }
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#searcher[Symbol.asyncDispose](), this.#writer[Symbol.asyncDispose]()])
  }
}

function posted({ conversations, ...request }: SearchRequest): PostedRequest {
  const messages = conversations.reduce((sum, { last_seq }) => sum + last_seq, 0)
  return { ...request, conversations: conversations.map(({ id }) => id).join(' '), messages }
}
