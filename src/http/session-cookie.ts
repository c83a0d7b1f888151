import { REFRESH_DAYS } from '../identity/tokens.ts'
import type { Origins } from './origin.ts'

/** The header by which a request asks for a refresh token in a cookie, and its only value. */
const HEADER = 'parley-refresh'
const ASKED = 'cookie'
const MAX_AGE = REFRESH_DAYS * 24 * 60 * 60
/** Hosts at which browsers take a page of plain HTTP for safe. */
const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i

/**
 * The refresh token in a cookie that no script can read (specification, Browser sessions). A request that does not ask for it by the
 * header `Parley-Refresh: cookie` neither reads nor sets it; pages of other origins cannot send that header without a preflight,
 * which is answered for listed origins only.
 */
export class SessionCookie {
  readonly #origins: Pick<Origins, 'allows'>
  readonly #base: URL | null
  readonly #path: string

  constructor(origins: Pick<Origins, 'allows'>, base_url: string | null) {
    this.#origins = origins
    this.#base = base_url === null ? null : new URL(base_url)
    this.#path = `${this.#base?.pathname.replace(/\/$/, '') ?? ''}/auth`
  }

  /** `refused`: it asks from a page of an origin that is not listed. */
  askedBy(request: Request): boolean | 'refused' {
    if (request.headers.get(HEADER)?.trim().toLowerCase() !== ASKED) return false
    return this.#origins.allows(request) ? true : 'refused'
  }

  /** null: the request has none. */
  tokenOf(request: Request): string | null {
    const name = this.#nameFor(request)
    for (const pair of (request.headers.get('cookie') ?? '').split(';')) {
      const mark = pair.indexOf('=')
      if (mark > 0 && pair.slice(0, mark).trim() === name) return pair.slice(mark + 1).trim()
    }
    return null
  }

  /** The `Set-Cookie` that keeps a refresh token for as long as it lives. */
  keeping(request: Request, refresh_token: string): string {
    return this.#header(request, refresh_token, MAX_AGE)
  }

  clearing(request: Request): string {
    return this.#header(request, '', 0)
  }

  #header(request: Request, value: string, max_age: number): string {
    const secure = this.#isSecure(request) ? '; Secure' : ''
    const rules = `Path=${this.#path}; Max-Age=${max_age}; HttpOnly; SameSite=Strict${secure}`
    return `${this.#nameFor(request)}=${value}; ${rules}`
  }

  /** With the prefix browsers take it only from a page of HTTPS. */
  #nameFor(request: Request): string {
    return this.#isSecure(request) ? '__Secure-parley-refresh' : 'parley-refresh'
  }

  /** By `BASE_URL`; without it everywhere but on loopback, because the server does not see what a proxy speaks. */
  #isSecure({ headers }: Request): boolean {
    return this.#base ? this.#base.protocol === 'https:' : !LOOPBACK.test(headers.get('host') ?? '')
  }
}
