import { Emitter, report } from './emitter.ts'
import type { Channel, Environment } from './environment.ts'
import { ParleyError, askedToWait } from './errors.ts'
import { exclusively } from './exclusive.ts'
import { delayBefore } from './policy.ts'
import { isNewer, type TokenStore, type Tokens } from './token-store.ts'
import type { SignedIn } from './wire-types.ts'

/** A token that expires within this time is refreshed before it is used. */
const EARLY_MS = 30_000
/** While a live connection needs a valid token, it is renewed this long before it expires. */
const KEEP_FRESH_MS = 60_000
/** The least time between two such attempts. */
const LEAST_PAUSE_MS = 1_000
/**
 * A tab that has waited for another one's refresh looks so often, with pauses, for what that one has stored: a browser may show
 * it to other processes a moment after the lock is free.
 */
const LOOKS = 6
const LOOK_MS = 20
/** The longest time that a timer can wait. */
const MAX_PAUSE_MS = 2 ** 31 - 1

export interface TokenOptions {
  store: TokenStore
  /** The refresh token is null if a cookie has it. */
  refresh: (refresh_token: string | null) => Promise<SignedIn>
  /** Whether a session of this browser may exist that the store does not know: a cookie has its refresh token. */
  cookie?: boolean
  /** Signs in by a token of the app's own users; absent: the app has none. */
  exchange?: (() => Promise<SignedIn>) | undefined
  environment: Pick<Environment, 'locks' | 'channel'>
  /** The server's address: what tabs of one page have in common. */
  url: string
  /** Milliseconds since 1970. */
  now: () => number
  random: () => number
}

/** What a tab tells the others of its session. */
interface Told {
  session_id: string
  /** Whether the session has ended; otherwise it was refreshed. */
  ended: boolean
}

/** Holds the session's tokens and refreshes them. Concurrent requests share one refresh, those of other tabs too. */
export class TokenKeeper {
  readonly #options: TokenOptions
  readonly #changes = new Emitter<{ change: Tokens | null }>()
  /** Refreshes in flight: of the present tokens, and of tokens of an earlier user. */
  readonly #refreshing = new Map<Tokens, Promise<string | null>>()
  readonly #channel: Channel | undefined
  readonly #loading: Promise<void> | null = null
  #saving: Promise<void> | void = undefined
  #restoring: Promise<Tokens | null> | null = null
  #tokens: Tokens | null = null
  /** Whether `fresh` looks for a session while no user is signed in. Not after a sign-out, and not twice without a cookie. */
  #seeks: boolean

  constructor(options: TokenOptions) {
    this.#options = options
    this.#seeks = options.cookie === true || options.exchange !== undefined
    this.#channel = options.environment.channel?.(`parley ${options.url}`, told => this.#hear(told as Told))
    const loaded = options.store.load()
    if (!(loaded instanceof Promise)) this.#tokens = loaded
    else this.#loading = this.#load(loaded).catch(report)
  }

  get current(): Tokens | null {
    return this.#tokens
  }

  keep(signedIn: SignedIn): void {
    const tokens = this.#tokensOf(signedIn, 0)
    this.#set(tokens)
    this.#save(tokens)
  }

  /** Forgets the session, in the other tabs too. It is not looked for again until `restore`. */
  forget(): void {
    this.#seeks = false
    if (this.#tokens) this.#replace(this.#tokens, null).catch(report)
  }

  onChange(listener: (tokens: Tokens | null) => void): () => void {
    return this.#changes.on('change', listener)
  }

  /**
   * Looks for a session: in the store, by the cookie, or by a token of the app's own users. null: there is none. Rejects if
   * that could not be found out.
   */
  restore(): Promise<Tokens | null> {
    this.#restoring ??= this.#restore().finally(() => {
      this.#restoring = null
    })
    return this.#restoring
  }

  /** A token that has not expired by this clock; null if no user is signed in. */
  async fresh(): Promise<string | null> {
    if (!this.#tokens) await this.#loading
    const tokens = this.#tokens ?? (this.#seeks ? await this.restore() : null)
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
    const done = this.#exclusively(tokens, waited => this.#renew(tokens, waited)).finally(() =>
      this.#refreshing.delete(tokens),
    )
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

  /** Hears other tabs no longer. */
  close(): void {
    this.#channel?.close()
  }

  async #load(loading: Promise<Tokens | null>): Promise<void> {
    const tokens = await loading
    if (tokens && !this.#tokens) this.#set(tokens)
  }

  async #restore(): Promise<Tokens | null> {
    await this.#loading
    const { cookie = false, exchange, refresh } = this.#options
    if (this.#tokens || !(cookie || exchange)) return this.#tokens
    await this.#exclusively(null, async () => {
      const stored = await this.#options.store.load()
      // Another tab was first.
      if (stored && !this.#tokens) this.#set(stored)
      if (this.#tokens) return
      const found = cookie ? await unlessRefused(refresh(null)) : null
      const next = found ?? (exchange ? await exchange() : null)
      // If a user has signed in meanwhile, that stays.
      if (this.#tokens) return
      if (next) this.keep(next)
      else this.#seeks = false
      await this.#saving
    })
    return this.#tokens
  }

  /** null also if another user has signed in meanwhile. */
  async #renew(tokens: Tokens, waited: boolean): Promise<string | null> {
    for (let looks = waited ? LOOKS : 1; looks > 0 && this.#tokens === tokens; looks -= 1) {
      const loading = this.#options.store.load()
      const stored = loading instanceof Promise ? await loading : loading
      if (this.#tokens === tokens && isNewer(stored, tokens)) this.#set(stored)
      else if (looks > 1) await new Promise(resolve => setTimeout(resolve, LOOK_MS))
    }
    if (this.#tokens === tokens) {
      const next = await this.#successorOf(tokens)
      // If a user has signed out or in meanwhile, that stays.
      if (this.#tokens === tokens) await this.#replace(tokens, next)
    }
    return this.#tokens?.user_id === tokens.user_id ? this.#tokens.access_token : null
  }

  async #successorOf({ refresh_token, user_id, generation = 0 }: Tokens): Promise<Tokens | null> {
    const { refresh, exchange } = this.#options
    const next = await unlessRefused(refresh(refresh_token))
    // The cookie is of another user if one has signed in by another tab.
    if (next?.user.id === user_id) return this.#tokensOf(next, generation + 1)
    const other = exchange ? await unlessRefused(exchange()) : null
    return other && this.#tokensOf(other, 0)
  }

  #tokensOf({ user, access_token, refresh_token, expires_in, session_id }: SignedIn, generation: number): Tokens {
    const expires_at = this.#options.now() + expires_in * 1_000
    // Absent if the browser keeps it in a cookie.
    const kept: string | null = (refresh_token satisfies string | undefined) ?? null
    return { access_token, refresh_token: kept, expires_at, user_id: user.id, session_id, generation }
  }

  /** Saves only if the store still has this session: another tab may have signed out, or another user in. */
  async #replace(before: Tokens, next: Tokens | null): Promise<void> {
    this.#set(next)
    const stored = this.#options.store.load()
    const { session_id } = before
    if ((stored instanceof Promise ? await stored : stored)?.session_id === session_id) this.#save(next)
    this.#channel?.post({ session_id, ended: next === null } satisfies Told)
    await this.#saving
  }

  #hear({ session_id, ended }: Told): void {
    const tokens = this.#tokens
    if (tokens?.session_id !== session_id) return
    if (!ended) return void this.#adopt(tokens).catch(report)
    this.#seeks = false
    this.#set(null)
  }

  /** Takes what another tab has stored. */
  async #adopt(tokens: Tokens): Promise<void> {
    const stored = await this.#options.store.load()
    if (this.#tokens === tokens && isNewer(stored, tokens)) this.#set(stored)
  }

  #save(tokens: Tokens | null): void {
    const saving = this.#options.store.save(tokens)
    this.#saving = saving?.catch(report)
  }

  #set(tokens: Tokens | null): void {
    this.#tokens = tokens
    if (tokens) this.#seeks = this.#options.exchange !== undefined
    this.#changes.emit('change', tokens)
  }

  /** A cookie is shared by all tabs; other sessions by those with the same store. */
  #exclusively<T>(tokens: Tokens | null, work: (waited: boolean) => Promise<T>): Promise<T> {
    const { environment, cookie, url } = this.#options
    const name = tokens && !cookie ? tokens.session_id : url
    return exclusively(environment.locks, `parley ${name}`, work)
  }
}

/** null if the server refuses, so that the session does not exist. */
async function unlessRefused(signedIn: Promise<SignedIn>): Promise<SignedIn | null> {
  try {
    return await signedIn
  } catch (error) {
    if (error instanceof ParleyError && !error.retryable) return null
    throw error
  }
}
