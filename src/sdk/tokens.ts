import { Emitter } from './emitter.ts'
import { ParleyError, askedToWait } from './errors.ts'
import { delayBefore } from './policy.ts'
import type { SignedIn } from './wire-types.ts'

/** A token that expires within this time is refreshed before it is used. */
const EARLY_MS = 30_000
/** While a live connection needs a valid token, it is renewed this long before it expires. */
const KEEP_FRESH_MS = 60_000
/** The least time between two such attempts. */
const LEAST_PAUSE_MS = 1_000
/** The longest time that a timer can wait. */
const MAX_PAUSE_MS = 2 ** 31 - 1

export interface Tokens {
  access_token: string
  refresh_token: string
  /** Milliseconds since 1970, by this machine's clock. */
  expires_at: number
  user_id: string
  session_id: string
}

/**
 * Keeps tokens between two starts of an app; the default keeps nothing. Tabs that share a session share its store: each reads
 * the store before it refreshes, because using a replaced refresh token ends the session.
 */
export interface TokenStore {
  load(): Tokens | null
  save(tokens: Tokens | null): void
}

export interface TokenOptions {
  store: TokenStore
  refresh: (refresh_token: string) => Promise<SignedIn>
  /** Milliseconds since 1970. */
  now: () => number
  random: () => number
}

/** Holds the session's tokens and refreshes them. Concurrent requests share one refresh. */
export class TokenKeeper {
  readonly #options: TokenOptions
  readonly #changes = new Emitter<{ change: Tokens | null }>()
  /** Refreshes in flight: of the present tokens, and of tokens of an earlier user. */
  readonly #refreshing = new Map<Tokens, Promise<string | null>>()
  #tokens: Tokens | null

  constructor(options: TokenOptions) {
    this.#options = options
    this.#tokens = options.store.load()
  }

  get current(): Tokens | null {
    return this.#tokens
  }

  keep(signedIn: SignedIn): void {
    const tokens = this.#tokensOf(signedIn)
    this.#set(tokens)
    this.#options.store.save(tokens)
  }

  forget(): void {
    if (this.#tokens) this.#replace(this.#tokens, null)
  }

  onChange(listener: (tokens: Tokens | null) => void): () => void {
    return this.#changes.on('change', listener)
  }

  /** A token that has not expired by this clock; null if no user is signed in. */
  async fresh(): Promise<string | null> {
    const tokens = this.#tokens
    if (!tokens) return null
    return tokens.expires_at - this.#options.now() > EARLY_MS ? tokens.access_token : this.renew(tokens.access_token)
  }

  /** A new token in place of `refused`, which the server refused. null: the session has ended. */
  async renew(refused: string): Promise<string | null> {
    const tokens = this.#tokens
    if (!tokens) return null
    if (tokens.access_token !== refused) return tokens.access_token
    const known = this.#refreshing.get(tokens)
    if (known) return known
    const done = this.#renew(tokens).finally(() => this.#refreshing.delete(tokens))
    this.#refreshing.set(tokens, done)
    return done
  }

  /** Renews the token in time while a user is signed in, until the returned function is called. */
  keepFresh(): () => void {
    let timer: ReturnType<typeof setTimeout> | undefined
    let failures = 0
    let stopped = false
    const plan = (least_ms: number) => {
      clearTimeout(timer)
      const tokens = this.#tokens
      if (!tokens || stopped) return
      const left = tokens.expires_at - this.#options.now() - KEEP_FRESH_MS
      const wait = Math.max(LEAST_PAUSE_MS, least_ms, left)
      timer = setTimeout(() => void this.renew(tokens.access_token).catch(again), Math.min(MAX_PAUSE_MS, wait))
    }
    // A failed attempt is repeated or has signed out. A successful one schedules the next.
    const again = (error: unknown) => {
      failures += 1
      plan(Math.max(askedToWait(error), delayBefore(failures, 'retry', this.#options.random)))
    }
    const stop = this.onChange(() => {
      failures = 0
      plan(0)
    })
    plan(0)
    return () => {
      stopped = true
      stop()
      clearTimeout(timer)
    }
  }

  /** null also if another user has signed in meanwhile. */
  async #renew(tokens: Tokens): Promise<string | null> {
    const stored = this.#options.store.load()
    if (stored?.session_id === tokens.session_id && stored.expires_at > tokens.expires_at) {
      this.#set(stored)
      return stored.access_token
    }
    const next = await this.#successorOf(tokens)
    // If a user has signed out or in meanwhile, that stays.
    if (this.#tokens === tokens) this.#replace(tokens, next)
    return this.#tokens?.user_id === tokens.user_id ? this.#tokens.access_token : null
  }

  async #successorOf({ refresh_token }: Tokens): Promise<Tokens | null> {
    try {
      return this.#tokensOf(await this.#options.refresh(refresh_token))
    } catch (error) {
      if (error instanceof ParleyError && !error.retryable) return null
      throw error
    }
  }

  #tokensOf({ user, access_token, refresh_token, expires_in, session_id }: SignedIn): Tokens {
    const expires_at = this.#options.now() + expires_in * 1_000
    return { access_token, refresh_token, expires_at, user_id: user.id, session_id }
  }

  /** Saves only if the store still has this session: another tab may have signed out, or another user in. */
  #replace(before: Tokens, next: Tokens | null): void {
    const { store } = this.#options
    this.#set(next)
    if (store.load()?.session_id === before.session_id) store.save(next)
  }

  #set(tokens: Tokens | null): void {
    this.#tokens = tokens
    this.#changes.emit('change', tokens)
  }
}

export function memoryTokens(tokens: Tokens | null = null): TokenStore {
  let kept = tokens
  return {
    load: () => kept,
    save(next) {
      kept = next
    },
  }
}
