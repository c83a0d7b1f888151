import { ConnectionLost, ParleyError, refusal } from './errors.ts'
import { request, type Answer, type HttpOptions, type RequestOptions } from './http.ts'
import type { Network } from './network.ts'
import type { Operation } from './operations.ts'
import type { Fields } from './request.ts'
import type { SignedIn } from './wire-types.ts'
import { within } from './within.ts'

export interface CallsOptions extends Pick<Network, 'tokens' | 'live'> {
  base: HttpOptions
  /** What carries the calls that both can. */
  over: 'http' | 'socket'
}

/** Makes calls as the user who is signed in, or as the given one, over HTTP or the socket. */
export class Calls {
  readonly #options: CallsOptions

  constructor(options: CallsOptions) {
    this.#options = options
  }

  async make(
    operation: Operation,
    input: Fields = {},
    options: RequestOptions = {},
    author = this.#signedIn(),
  ): Promise<Answer> {
    const { signal, timeout_ms } = options
    try {
      return await within({ signal, timeout_ms }, own =>
        this.#carryOut(operation, input, { ...options, signal: own }, author),
      )
    } catch (error) {
      this.#options.live.noteRefusal(error)
      throw error instanceof ParleyError && error.operation === null
        ? new ParleyError(error.problem, operation.name)
        : error
    }
  }

  #signedIn(): string | null {
    return this.#options.tokens.current?.user_id ?? null
  }

  async #carryOut(
    operation: Operation,
    input: Fields,
    options: RequestOptions,
    author: string | null,
  ): Promise<Answer> {
    const { name, flags } = operation
    const { base, over, tokens, live } = this.#options
    if (flags.includes('i')) {
      const answer = await request(base, operation, input, null, options)
      // Cast: the contract's output of these operations.
      tokens.keep(answer.data as SignedIn)
      return answer
    }
    // A session of the last start may still be loading.
    if (author === null) await tokens.fresh()
    const user_id = author ?? this.#signedIn()
    if (user_id === null && !flags.includes('a')) throw refusal('unauthenticated', { detail: 'No user is signed in' })
    const session_id = tokens.current?.session_id
    const bySocket = (over === 'socket' && !flags.includes('h')) || flags.includes('s')
    const answer = await ((bySocket && live.call(name, input, user_id, options.signal)) ||
      this.#overHttp(operation, input, options, user_id))
    if (name === 'auth.logout' && tokens.current?.session_id === session_id) tokens.forget()
    return answer
  }

  /**
   * Repeats the call once with a refreshed token if the server refuses the first one. Another user may sign in meanwhile; the
   * call is never made as that user.
   */
  async #overHttp(
    operation: Operation,
    input: Fields,
    options: RequestOptions,
    user_id: string | null,
  ): Promise<Answer> {
    const { base, tokens, live } = this.#options
    if (operation.flags.includes('s')) {
      const text = `${operation.name} needs the live connection`
      throw live.status.state === 'closed' ? new TypeError(`${text}: call live.open()`) : new ConnectionLost(text)
    }
    const token = await tokens.fresh()
    if (this.#signedIn() !== user_id)
      throw refusal('unauthenticated', { detail: 'Its author is not signed in any more' })
    try {
      return await request(base, operation, input, token, options)
    } catch (error) {
      const expired = error instanceof ParleyError && error.code === 'unauthenticated' && token !== null
      const renewed = expired ? await tokens.renew(token) : null
      if (renewed === null || renewed === token || this.#signedIn() !== user_id) throw error
      return request(base, operation, input, renewed, options)
    }
  }
}
