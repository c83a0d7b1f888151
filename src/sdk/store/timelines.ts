import { Cells, type Batch } from './cell.ts'
import type { Item } from './items.ts'
import type { Sync } from './sync.ts'
import { Timeline } from './timeline.ts'
import type { Window } from './windows.ts'

/** The views of messages, by conversation and place. */
export class Timelines {
  readonly #cells: Cells<Timeline>

  constructor(
    sync: Sync,
    batch: Batch,
    items: (conversation_id: string, window: Window | undefined, atEnd: boolean) => readonly Item[],
  ) {
    this.#cells = new Cells(key => {
      const [conversation_id = '', around = null] = key.split(' ')
      return new Timeline({
        conversation_id,
        around,
        batch,
        state: () => sync.get(conversation_id),
        load: (which, limit) => sync.load(conversation_id, which, limit),
        items: (window, atEnd) => items(conversation_id, window, atEnd),
        left: () => {
          if (!this.of(conversation_id).some(({ isWatched }) => isWatched)) sync.release(conversation_id)
        },
      })
    })
  }

  at(conversation_id: string, around?: string): Timeline {
    return this.#cells.of(around === undefined ? conversation_id : `${conversation_id} ${around}`)
  }

  of(conversation_id: string): Timeline[] {
    return this.known().filter(timeline => timeline.conversation_id === conversation_id)
  }

  known(): Timeline[] {
    return this.#cells.known()
  }
}
