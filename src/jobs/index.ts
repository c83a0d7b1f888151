import type { Services } from '../context.ts'
import { openCollection } from '../features/files/collect.ts'
import { pushWorker } from '../features/notifications/deliver.ts'
import { openSearchRebuild } from '../features/search/rebuild.ts'
import { openUploadCollection } from '../features/uploads/collect.ts'
import type { Job, Worker } from './job.ts'

/** How often the stores are swept: expired sessions, tickets, cursors and dead jobs, and what failed puts of files have left. */
const SWEEP_MS = 10 * 60 * 1000

/** All periodic jobs. */
export function openJobs(services: Services): readonly Job[] {
  const { storage, files, searchIndex } = services
  return [
    { name: 'sweep', every_ms: SWEEP_MS, run: now => storage.sweep(now.toISOString()) },
    { name: 'sweep-files', every_ms: SWEEP_MS, run: now => files.sweep(now) },
    openCollection(services),
    openUploadCollection(services),
    openSearchRebuild(searchIndex, storage),
  ]
}

/** The workers of all queues. */
export function openWorkers(services: Services): readonly Worker[] {
  return [pushWorker(services)]
}
