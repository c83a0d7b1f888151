import { Unavailable } from '../../../../ports/storage.ts'
import { Closed } from '../driver.ts'

/** The database counts as away once calls have failed for so long. */
export const AWAY_MS = 1_000
const RETRY_PAUSE_MS = 50

/** Retries an idempotent step for up to 1 s while the database is unavailable. */
export async function retrying<T>(step: () => Promise<T>): Promise<T> {
  const started = performance.now()
  for (;;) {
    try {
      return await step()
    } catch (error) {
      if (!isPassing(error) || performance.now() - started > AWAY_MS) throw error
      await Bun.sleep(RETRY_PAUSE_MS)
    }
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof Unavailable && !(error instanceof Closed)
}
