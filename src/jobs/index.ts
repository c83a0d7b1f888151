import type { Services } from '../context.ts'
import { pushWorker } from '../features/notifications/deliver.ts'
import { openSearchRebuild } from '../features/search/rebuild.ts'
import type { Job, Worker } from './job.ts'

/** How often the stores are swept: expired sessions, tickets, cursors and dead jobs, and what failed puts of files have left. */
const SWEEP_MS = 10 * 60 * 1000

/** All periodic jobs. */
export function openJobs({ storage, files, searchIndex }: Services): readonly Job[] {
  return [
    { name: 'sweep', every_ms: SWEEP_MS, run: now => storage.sweep(now.toISOString()) },
    { name: 'sweep-files', every_ms: SWEEP_MS, run: now => files.sweep(now) },
    openSearchRebuild(searchIndex, storage),
  ]
}

/** The workers of all queues. */
export function openWorkers(services: Services): readonly Worker[] {
  return [pushWorker(services)]
}
