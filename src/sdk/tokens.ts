import type { SignedIn } from '../../contracts/entities.ts'
import { ParleyError } from './errors.ts'

/** A token this close to its end is refreshed before it is used. */
const EARLY_MS = 30_000
/** Where something needs a good token all the time, it is replaced this long before its end. */
const KEEP_FRESH_MS = 60_000
/** Between two attempts to do so. */
const LEAST_PAUSE_MS = 1_000
/** The longest that timers can wait. */
const MOST_PAUSE_MS = 2 ** 31 - 1

export interface Tokens {
  access_token: string
  refresh_token: string
  /** Milliseconds since 1970, by this machine's clock. */
  expires_at: number
  user_id: string
  session_id: string
}

/**
 * Where tokens live between two starts of an app; the default forgets them. Tabs that share a session share its store: each
 * looks there before it refreshes, because a refresh token that was used before ends the session.
 */
export interface TokenStore {
  load(): Tokens | null
  save(tokens: Tokens | null): void
}

/** Holds the session's tokens and refreshes them, once however many ask at the same time. */
export class TokenKeeper {
  readonly #store: TokenStore
  readonly #refresh: (refresh_token: string) => Promise<SignedIn>
  readonly #now: () => number
  readonly #listeners = new Set<(tokens: Tokens | null) => void>()
  #tokens: Tokens | null
  #refreshing: Promise<string | null> | null = null

  constructor(store: TokenStore, refresh: (refresh_token: string) => Promise<SignedIn>, now: () => number) {
    this.#store = store
    this.#refresh = refresh
    this.#now = now
    this.#tokens = store.load()
  }

  get current(): Tokens | null {
    return this.#tokens
  }

  keep({ user, access_token, refresh_token, expires_in, session_id }: SignedIn): void {
    const expires_at = this.#now() + expires_in * 1_000
    this.#set({ access_token, refresh_token, expires_at, user_id: user.id, session_id })
  }

  forget(): void {
    this.#set(null)
  }

  onChange(listener: (tokens: Tokens | null) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** A token that should still be good; null if nobody is signed in. */
  async fresh(): Promise<string | null> {
    const tokens = this.#tokens
    if (!tokens) return null
    return tokens.expires_at - this.#now() > EARLY_MS ? tokens.access_token : this.renew(tokens.access_token)
  }

  /** The token after `refused`, which the server did not take any more. null: the session has ended. */
  async renew(refused: string): Promise<string | null> {
    const tokens = this.#tokens
    if (!tokens) return null
    if (tokens.access_token !== refused) return tokens.access_token
    this.#refreshing ??= this.#renew(tokens).finally(() => {
      this.#refreshing = null
    })
    return this.#refreshing
  }

  /** Renews in time, as long as somebody is signed in, until the answer is called. */
  keepFresh(): () => void {
    let timer: ReturnType<typeof setTimeout> | undefined
    const plan = () => {
      clearTimeout(timer)
      const tokens = this.#tokens
      if (!tokens) return
      const wait = tokens.expires_at - this.#now() - KEEP_FRESH_MS
      // A failure passes, or has signed out; success plans anew by itself.
      const renew = () => void this.renew(tokens.access_token).catch(plan)
      timer = setTimeout(renew, Math.min(MOST_PAUSE_MS, Math.max(LEAST_PAUSE_MS, wait)))
    }
    const stop = this.onChange(plan)
    plan()
    return () => {
      stop()
      clearTimeout(timer)
    }
  }

  async #renew(tokens: Tokens): Promise<string | null> {
    const stored = this.#store.load()
    if (stored?.session_id === tokens.session_id && stored.expires_at > tokens.expires_at) {
      this.#set(stored)
      return stored.access_token
    }
    try {
      const signedIn = await this.#refresh(tokens.refresh_token)
      // Whoever has signed out or in meanwhile stays so.
      if (this.#tokens === tokens) this.keep(signedIn)
      return this.#tokens?.access_token ?? null
    } catch (error) {
      if (!(error instanceof ParleyError) || error.retryable) throw error
      if (this.#tokens === tokens) this.forget()
      return null
    }
  }

  #set(tokens: Tokens | null): void {
    this.#tokens = tokens
    this.#store.save(tokens)
    for (const listener of this.#listeners) listener(tokens)
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
