import { AppError, type ErrorCode } from '../../../contracts/errors.ts'
import type { SignedIn } from '../../../contracts/entities.ts'
import type { Operation } from '../../../contracts/kit.ts'
import type { SessionCookie } from '../../http/session-cookie.ts'

type Kind = NonNullable<Operation['refresh']>

/** The refresh token is not valid any more: the browser is to forget it. */
const FORGET: ReadonlySet<ErrorCode> = new Set(['invalid_refresh_token', 'account_disabled'])

/** One call whose refresh token is in a cookie instead of the body. */
export class CookieCall {
  readonly #kind: Kind
  readonly #cookie: SessionCookie
  readonly #request: Request

  private constructor(kind: Kind, cookie: SessionCookie, request: Request) {
    this.#kind = kind
    this.#cookie = cookie
    this.#request = request
  }

  /** null if the request does not ask for the cookie; throws `origin_refused` if its page may not. */
  static of(operation: Operation, cookie: SessionCookie, request: Request): CookieCall | null {
    const asked = operation.refresh ? cookie.askedBy(request) : false
    if (asked === 'refused') throw new AppError('origin_refused')
    return operation.refresh && asked ? new CookieCall(operation.refresh, cookie, request) : null
  }

  /** The input with the token of the cookie, unless the body has one. */
  input(fields: Record<string, unknown>): Record<string, unknown> {
    const token = this.#kind === 'takes' && !('refresh_token' in fields) ? this.#cookie.tokenOf(this.#request) : null
    return token === null || token === '' ? fields : { ...fields, refresh_token: token }
  }

  /** The answer without the token, and the `Set-Cookie` with it. */
  answer(data: unknown): { data: unknown; set_cookie: string } {
    if (this.#kind === 'ends') return { data, set_cookie: this.#cookie.clearing(this.#request) }
    // Cast: the output of the operations that issue tokens.
    const { refresh_token = '', ...rest } = data as SignedIn
    return { data: rest, set_cookie: this.#cookie.keeping(this.#request, refresh_token) }
  }

  /** The `Set-Cookie` of a refusal; null: none. */
  refused({ code }: AppError): string | null {
    return this.#kind === 'takes' && FORGET.has(code) ? this.#cookie.clearing(this.#request) : null
  }
}
