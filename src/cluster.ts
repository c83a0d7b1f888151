import { createHmac } from 'node:crypto'
import { readFile, readlink } from 'node:fs/promises'
import { ConfigError, type Config } from './config.ts'
import type { Logger } from './logger.ts'
import type { Nodes, NodeSetup, OtherNode } from './ports/nodes.ts'

/** A node whose heartbeat has not changed for so long is dead. Several heartbeats. */
const DEAD_AFTER_MS = 10_000
/** How long a start waits for a node to end that it cannot work beside. Longer than stopping takes. */
const PATIENCE_MS = 15_000
const LOOK_MS = 250

/**
 * Makes this process a node of its store. Throws where it cannot work beside the nodes that live: they need a bus, an index for
 * several nodes and the same secret (ADR 18). It looks before it is seen itself, so that a process that is refused keeps no
 * other from starting, and afterwards, so that of two that start at the same time at least one sees the other.
 */
export async function joinNodes(nodes: Nodes, setup: NodeSetup, logger: Logger): Promise<void> {
  const heartbeats = new Heartbeats(setup)
  await refuseBeside(nodes, setup, heartbeats, logger)
  await nodes.announce(setup)
  const others = await refuseBeside(nodes, setup, heartbeats, logger)
  if (setup.files === 'folder' && others > 0)
    logger.warn(
      'other nodes use this database: the folder of files must be one that all of them see, or set S3_ENDPOINT',
    )
}

export async function setupOf(
  config: Pick<Config, 'redis_url' | 'meili' | 's3'>,
  secret: string,
  bus: boolean,
): Promise<NodeSetup> {
  return {
    secret: createHmac('sha256', secret).update('parley node').digest('base64url'),
    bus,
    shared_search: config.meili !== null,
    files: config.s3 === null ? 'folder' : 'bucket',
    host: await hostOf(),
    pid: process.pid,
  }
}

/** Waits until no node lives that this one cannot work beside; throws if one lives on. Returns how many others live. */
async function refuseBeside(nodes: Nodes, own: NodeSetup, heartbeats: Heartbeats, logger: Logger): Promise<number> {
  const begun = performance.now()
  for (let waiting = false; ; waiting = true) {
    const now = performance.now()
    const living = (await nodes.others()).filter(other => heartbeats.lives(other, now))
    const [conflict] = living.flatMap(({ setup }) => conflictOf(own, setup) ?? [])
    if (conflict === undefined) return living.length
    if (now - begun > PATIENCE_MS) throw new ConfigError(conflict)
    if (!waiting) logger.info({ conflict }, 'waits for another process of this database to end')
    await Bun.sleep(LOOK_MS)
  }
}

/** Which nodes live, by what was seen of their heartbeats. One that is seen for the first time counts as living. */
class Heartbeats {
  readonly #own: NodeSetup
  readonly #seen = new Map<string, { heartbeat: number; at: number }>()

  constructor(own: NodeSetup) {
    this.#own = own
  }

  lives({ id, heartbeat, setup: { host, pid } }: OtherNode, now: number): boolean {
    if (host !== null && host === this.#own.host && !isRunning(pid)) return false
    const known = this.#seen.get(id)
    if (known?.heartbeat === heartbeat) return now - known.at < DEAD_AFTER_MS
    this.#seen.set(id, { heartbeat, at: now })
    return true
  }
}

/** Why two nodes cannot work on one store; null: they can. */
function conflictOf(own: NodeSetup, other: NodeSetup): string | null {
  if (!own.bus || !other.bus)
    return 'REDIS_URL: another process uses this database; several nodes need Redis, each of them the same one'
  if (own.secret !== other.secret)
    return 'PARLEY_SECRET: another process uses this database with another secret; all nodes need the same one'
  if (!own.shared_search || !other.shared_search)
    return 'MEILI_URL: another process uses this database; several nodes need Meilisearch, each of them the same one'
  if (own.files !== other.files)
    return 'S3_ENDPOINT: another process uses this database and keeps files elsewhere; all nodes need the same place'
  return null
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // EPERM: a process of another user.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** Names this start of this machine and, of several containers on it, this one. null where the system does not tell. */
async function hostOf(): Promise<string | null> {
  try {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8')
    return `${boot.trim()} ${await readlink('/proc/self/ns/pid')}`
  } catch {
    return null
  }
}
