import { readdirSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'

/** Files by which other processes ask the one that has the index open to build it anew, each with a name of its own. */
const REQUEST = /^rebuild-([\w-]+)$/
/** What a running rebuild has done, for those who wait for it. */
const PROGRESS = 'rebuilding'
const LOOK_MS = 100

interface Progress {
  requests: readonly string[]
  messages: number
}

/** How long is waited for a rebuild to begin, and to go on. */
export interface RebuildPatience {
  begin_ms: number
  pause_ms: number
}

/** Gives the id of the request. */
export async function requestRebuild(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const id = crypto.randomUUID()
  await writeFile(join(folder, `rebuild-${id}`), '')
  return id
}

/** The ids of the requests that no rebuild has answered. */
export function rebuildRequests(folder: string): string[] {
  return readdirSync(folder).flatMap(name => REQUEST.exec(name)?.[1] ?? [])
}

/** Tells who waits that a rebuild for these requests has written so many messages. It goes on if they cannot be told. */
export async function tellProgress(folder: string, { requests, messages }: Progress): Promise<void> {
  const draft = join(folder, `${PROGRESS}.new`)
  try {
    await writeFile(draft, [messages, ...requests].join(' '))
    await rename(draft, join(folder, PROGRESS))
  } catch {
    // They wait without seeing how far it is.
  }
}

/** The index was built anew after these requests were made. */
export async function endRequests(folder: string, ids: readonly string[]): Promise<void> {
  for (const id of ids) await rm(join(folder, `rebuild-${id}`), { force: true })
  await rm(join(folder, PROGRESS), { force: true })
}

/**
 * Waits until the index was built anew after the request. `waiting`: no process has begun it, nor goes on with an earlier one, for
 * the time that is waited.
 */
export async function awaitRebuild(
  folder: string,
  id: string,
  patience: RebuildPatience,
  done: (messages: number) => void,
): Promise<'built' | 'waiting'> {
  // A process that was killed may have left it.
  let last = await readProgress(folder)
  let [moved_at, begun] = [performance.now(), false]
  while (rebuildRequests(folder).includes(id)) {
    const progress = await readProgress(folder)
    if (!isDeepStrictEqual(progress, last)) [last, moved_at, begun] = [progress, performance.now(), true]
    if (progress?.requests.includes(id) === true) done(progress.messages)
    if (performance.now() - moved_at > (begun ? patience.pause_ms : patience.begin_ms)) return 'waiting'
    await Bun.sleep(LOOK_MS)
  }
  return 'built'
}

/** null: no rebuild runs. */
async function readProgress(folder: string): Promise<Progress | null> {
  const text = await readFile(join(folder, PROGRESS), 'utf8').catch(() => null)
  if (text === null) return null
  const [messages, ...requests] = text.split(' ')
  return { requests, messages: Number(messages) }
}
