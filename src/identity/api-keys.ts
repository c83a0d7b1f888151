import { createHash, randomBytes } from 'node:crypto'
import type { ApiKeyRecord } from '../domain/api-keys.ts'
import type { ApiKeys } from '../ports/api-keys.ts'

/** What a key begins with, so that scanners of source code and logs find it. */
const PREFIX = 'parley_'
/** 256 random bits, and a checksum by which a scanner tells a key from other text. */
const KEY = /^parley_([\w-]{43})_([\w-]{6})$/
/** How long a key is cached; a revoked one has no effect before that, because its session has ended. */
const CACHED_MS = 1_000
/** `last_used_at` is written at most this often. */
const USED_EVERY_MS = 60_000
/** Keys in the cache. */
const MAX_CACHED = 10_000

/** A new secret and the form in which it is stored. */
export function makeApiKey(): { key: string; hash: string } {
  const secret = randomBytes(32).toString('base64url')
  const key = `${PREFIX}${secret}_${checksum(secret)}`
  return { key, hash: hashOf(key) }
}

/** Whether a bearer token is meant as a key of the API. */
export function isApiKey(token: string): boolean {
  return token.startsWith(PREFIX)
}

/** Finds the keys of calls, as stored at most a second ago. */
export class ApiKeyCache {
  readonly #keys: Pick<ApiKeys, 'find' | 'findByHash' | 'update'>
  readonly #clock: () => Date
  /** By hash and by id, in the order of `at`. */
  readonly #cached = new Map<string, { key: ApiKeyRecord; at: number }>()

  constructor(keys: Pick<ApiKeys, 'find' | 'findByHash' | 'update'>, clock: () => Date) {
    this.#keys = keys
    this.#clock = clock
  }

  /** null: it is no key, or one that was replaced or has expired. */
  async find(token: string): Promise<ApiKeyRecord | null> {
    const [, secret = '', sum = ''] = KEY.exec(token) ?? []
    if (secret === '' || checksum(secret) !== sum) return null
    const hash = hashOf(token)
    const key = await this.#read(`hash:${hash}`, () => this.#keys.findByHash(hash))
    if (!key) return null
    const now = this.#clock()
    const replaced =
      key.hash !== hash && (key.previous_hash !== hash || (key.previous_until ?? '') <= now.toISOString())
    if (replaced || isPast(key.expires_at, now)) return null
    this.#note(key, now)
    return key
  }

  /** Of a session that a key has opened. */
  async ofSession(id: string): Promise<ApiKeyRecord | null> {
    const key = await this.#read(`id:${id}`, () => this.#keys.find(id))
    return key && !isPast(key.expires_at, this.#clock()) ? key : null
  }

  async #read(name: string, read: () => Promise<ApiKeyRecord | null>): Promise<ApiKeyRecord | null> {
    const now = this.#clock().getTime()
    const known = this.#cached.get(name)
    if (known && now - known.at < CACHED_MS) return known.key
    this.#cached.delete(name)
    const key = await read()
    if (!key) return null
    for (const [oldest, { at }] of this.#cached) {
      if (now - at < CACHED_MS && this.#cached.size < MAX_CACHED) break
      this.#cached.delete(oldest)
    }
    this.#cached.set(name, { key, at: now })
    return key
  }

  /** Beside the call: what cannot be written now is written by a later one. */
  #note(key: ApiKeyRecord, now: Date): void {
    if (key.last_used_at !== null && now.getTime() - Date.parse(key.last_used_at) < USED_EVERY_MS) return
    key.last_used_at = now.toISOString()
    this.#keys.update(key.id, { last_used_at: key.last_used_at }).catch(() => undefined)
  }
}

function isPast(time: string | null, now: Date): boolean {
  return time !== null && time <= now.toISOString()
}

function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('base64url')
}

function checksum(secret: string): string {
  return createHash('sha256').update(`${PREFIX}${secret}`).digest('base64url').slice(0, 6)
}
