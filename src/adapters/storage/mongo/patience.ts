import { Unavailable } from '../../../ports/storage.ts'

/** What failed for so long says that the database is away. */
export const AWAY_MS = 1_000
/** Between two tries to write what is safe to repeat. */
const RETRY_PAUSE_MS = 50

/** What can be repeated is repeated while the store was away for a moment only. */
export async function patiently<T>(attempt: () => Promise<T>): Promise<T> {
  const started = performance.now()
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof Unavailable) || performance.now() - started > AWAY_MS) throw error
      await Bun.sleep(RETRY_PAUSE_MS)
    }
  }
}
