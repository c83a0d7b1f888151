import type { InputOf } from '../wire-types.ts'
import { Cell, Cells, type Batch, type Readable } from './cell.ts'

/** Drafts that are kept; of more, those that were changed last. */
const MAX_DRAFTS = 200

/** What has been written and not sent. */
export type DraftText = Partial<Omit<InputOf<'messages.send'>, 'conversation_id' | 'client_id'>>

/** What the viewer has written and not sent, by conversation. */
export class Drafts {
  readonly #drafts = new Map<string, DraftText>()
  readonly #cells: Cells<Cell<DraftText | null>>

  constructor(batch: Batch) {
    this.#cells = new Cells(id => new Cell(batch, () => this.#drafts.get(id) ?? null))
  }

  of(conversation_id: string): Readable<DraftText | null> {
    return this.#cells.of(conversation_id)
  }

  set(conversation_id: string, draft: DraftText | null): void {
    this.#drafts.delete(conversation_id)
    if (draft) this.#drafts.set(conversation_id, draft)
    const [oldest] = this.#drafts.keys()
    if (this.#drafts.size > MAX_DRAFTS && oldest !== undefined) this.set(oldest, null)
    for (const cell of this.#cells.known(conversation_id)) cell.touch()
  }

  clear(): void {
    for (const conversation_id of this.#drafts.keys()) this.set(conversation_id, null)
  }
}
