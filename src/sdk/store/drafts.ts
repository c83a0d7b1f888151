import type { InputOf } from '../wire-types.ts'
import { Cell, Cells, type Batch, type Readable } from './cell.ts'

/** Drafts that are kept; of more, those that were changed last. */
const MAX_DRAFTS = 200

/** What has been written and not sent. */
export type DraftText = Partial<Omit<InputOf<'messages.send'>, 'conversation_id' | 'client_id'>>

type Save = (user_id: string, conversation_id: string, draft: DraftText | null) => void

/** What the viewer has written and not sent, by conversation. */
export class Drafts {
  readonly #drafts = new Map<string, DraftText>()
  /** Conversations whose draft was written or removed since the start: what was saved before does not take its place. */
  readonly #written = new Set<string>()
  readonly #cells: Cells<Cell<DraftText | null>>
  readonly #save: Save
  /** Whose drafts they are, once it is known. */
  #user_id: string | null = null

  constructor(batch: Batch, save: Save) {
    this.#save = save
    this.#cells = new Cells(id => new Cell(batch, () => this.#drafts.get(id) ?? null))
  }

  of(conversation_id: string): Readable<DraftText | null> {
    return this.#cells.of(conversation_id)
  }

  /** The user is known: what was written before is saved. */
  enter(user_id: string): void {
    this.#user_id = user_id
    for (const conversation_id of this.#written)
      this.#save(user_id, conversation_id, this.#drafts.get(conversation_id) ?? null)
  }

  /** Adds those of an earlier start. */
  restore(saved: Iterable<readonly [string, DraftText]>): void {
    for (const [conversation_id, draft] of saved)
      if (!this.#written.has(conversation_id)) this.#put(conversation_id, draft)
  }

  set(conversation_id: string, draft: DraftText | null): void {
    this.#written.add(conversation_id)
    this.#put(conversation_id, draft)
    if (this.#user_id !== null) this.#save(this.#user_id, conversation_id, draft)
  }

  clear(): void {
    for (const conversation_id of this.#drafts.keys()) this.#put(conversation_id, null)
    this.#written.clear()
    this.#user_id = null
  }

  #put(conversation_id: string, draft: DraftText | null): void {
    this.#drafts.delete(conversation_id)
    if (draft) this.#drafts.set(conversation_id, draft)
    const [oldest] = this.#drafts.keys()
    if (this.#drafts.size > MAX_DRAFTS && oldest !== undefined) this.#put(oldest, null)
    for (const cell of this.#cells.known(conversation_id)) cell.touch()
  }
}
