import type { SignedIn } from '../../contracts/entities.ts'
import { ParleyError } from './errors.ts'

/** A token this close to its end is refreshed before it is used. */
const EARLY_MS = 30_000

export interface Tokens {
  access_token: string
  refresh_token: string
  /** Milliseconds since 1970, by this machine's clock. */
  expires_at: number
  user_id: string
  session_id: string
}

/** Where tokens live between two starts of an app; the default forgets them. */
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

  async #renew(tokens: Tokens): Promise<string | null> {
    try {
      this.keep(await this.#refresh(tokens.refresh_token))
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
