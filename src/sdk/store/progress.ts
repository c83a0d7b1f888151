import { Cell, type Batch, type Readable } from './cell.ts'
import type { Sync } from './sync.ts'

/** How far the store is. */
export interface StoreStatus {
  /** `empty`: nobody is signed in, or the store is not open. `waiting`: until `retry_at`, because of `error`. */
  readonly state: 'empty' | 'loading' | 'waiting' | 'ready' | 'failed'
  readonly error: Error | null
  /** Milliseconds since 1970. */
  readonly retry_at: number | null
}

const EMPTY: StoreStatus = { state: 'empty', error: null, retry_at: null }

/** Follows what `Sync` reports. */
export function progressOf(sync: Sync, batch: Batch): Readable<StoreStatus> & { stop: () => void } {
  let now = EMPTY
  const cell = new Cell(batch, () => now)
  const become = (status: StoreStatus) => {
    now = status
    cell.touch()
  }
  const loading = () => become({ ...EMPTY, state: sync.viewer ? 'loading' : 'empty' })
  const stops = [
    sync.on('loaded', () => become({ ...EMPTY, state: 'ready' })),
    sync.on('viewer', loading),
    sync.on('status', error => {
      const { waiting } = sync
      if (error) become({ state: 'failed', error, retry_at: null })
      else if (now.state === 'ready') return
      else if (waiting) become({ state: 'waiting', error: waiting.error, retry_at: waiting.until })
      else loading()
    }),
  ]
  return Object.assign(cell, { stop: () => stops.forEach(stop => stop()) })
}
