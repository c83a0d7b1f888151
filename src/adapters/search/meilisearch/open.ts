import { outcomeOf } from '../../../domain/search/index-change.ts'
import {
  SearchUnavailable,
  type IndexChange,
  type Rebuild,
  type SearchHit,
  type SearchIndex,
  type SearchRequest,
} from '../../../ports/search.ts'
import { FORMAT, MARKER, SETTINGS, toDocument, type MarkerDocument } from './documents.ts'
import { Engine } from './engine.ts'
import { search } from './search.ts'

export interface MeilisearchOptions {
  url: string
  key: string | null
  /** The name of the index. No other store may use it. */
  index: string
  /** The epoch of the store; the index of another store is not used. */
  epoch: string
  /** How long a change may take. */
  task_ms?: number
}

/** The index in a Meilisearch server, for any number of processes of one store. */
export function openMeilisearch(options: MeilisearchOptions): SearchIndex {
  return new MeilisearchIndex(options)
}

class MeilisearchIndex implements SearchIndex {
  readonly #engine: Engine
  readonly #uid: string
  /** A rebuild writes it, and then it changes places with the index. */
  readonly #next: string
  readonly #epoch: string

  constructor({ index, epoch, ...server }: MeilisearchOptions) {
    this.#engine = new Engine(server)
    this.#uid = index
    this.#next = `${index}_rebuild`
    this.#epoch = epoch
  }

  async state() {
    const marker = await this.#marker(this.#uid)
    return marker?.complete === true ? 'whole' : 'absent'
  }

  /** While a rebuild runs it also writes where there is no index yet: the two may change places before the write. */
  async apply(changes: readonly IndexChange[]): Promise<void> {
    const [present, next] = await Promise.all([this.#marker(this.#uid), this.#marker(this.#next)])
    if (next?.complete === false) await Promise.all([this.#write(this.#next, changes), this.#write(this.#uid, changes)])
    else if (present?.complete === true) await this.#write(this.#uid, changes)
  }

  async begin(): Promise<Rebuild> {
    await this.#engine.change(() => this.#engine.index(this.#next).delete(), 'index_not_found')
    await Promise.all([this.#prepare(this.#uid), this.#prepare(this.#next)])
    await this.#mark(false)
    return {
      apply: changes => this.#write(this.#next, changes),
      finish: async () => {
        await this.#mark(true)
        await this.#engine.change(() => this.#engine.swap(this.#uid, this.#next))
        await this.#engine.change(() => this.#engine.index(this.#next).delete(), 'index_not_found')
      },
    }
  }

  async search(request: SearchRequest): Promise<SearchHit[]> {
    // Together, so that every search notices an index that was reset.
    const [state, hits] = await Promise.all([this.state(), search(this.#engine, this.#uid, request)])
    if (state === 'absent' || hits === null) throw new SearchUnavailable('the search index is being built')
    return hits
  }

  async #write(uid: string, changes: readonly IndexChange[]): Promise<void> {
    const { puts, removals, purges } = outcomeOf(changes)
    const index = this.#engine.index(uid)
    const work: Promise<void>[] = []
    if (puts.length > 0) {
      const documents = puts.map(toDocument)
      work.push(this.#engine.change(() => index.addDocuments(documents, { primaryKey: 'id' })))
    }
    if (removals.length > 0) {
      const ids = removals.map(({ id }) => id)
      work.push(this.#engine.change(() => index.deleteDocuments(ids)))
    }
    if (purges.length > 0) {
      const filter = `conversation IN [${purges.map(id => `"${id}"`).join(', ')}]`
      work.push(this.#engine.change(() => index.deleteDocuments({ filter })))
    }
    await Promise.all(work)
  }

  /** An index with the settings, empty if it is new. */
  async #prepare(uid: string): Promise<void> {
    await this.#engine.change(() => this.#engine.create(uid), 'index_already_exists')
    await this.#engine.change(() => this.#engine.index(uid).updateSettings(SETTINGS))
  }

  /** The marker of an index of this store and version. */
  async #marker(uid: string): Promise<MarkerDocument | null> {
    const document = await this.#engine.read(uid, index => index.getDocument<MarkerDocument>(MARKER))
    return document?.epoch === this.#epoch && document.format === FORMAT ? document : null
  }

  async #mark(complete: boolean): Promise<void> {
    const marker = { id: MARKER, epoch: this.#epoch, format: FORMAT, complete } as const
    await this.#engine.change(() => this.#engine.index(this.#next).addDocuments([marker], { primaryKey: 'id' }))
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
