import { ParleyError, refusal } from './errors.ts'
import { request, type Answer, type Fields } from './http.ts'
import type { Live } from './live.ts'
import { startNetwork, type NetworkOptions } from './network.ts'
import { readOperations, type Operation } from './operations.ts'
import type { Outbox } from './outbox.ts'
import type { TokenKeeper } from './tokens.ts'
import type { InputOf, Methods, OperationName, OutputOf, SignedIn } from './wire-types.ts'

export interface ClientOptions extends NetworkOptions {
  fetch?: typeof fetch
  /** `socket` carries calls over the live connection while it is ready. Default: `http`. */
  calls?: 'http' | 'socket'
  /** How long an HTTP call may take. Default: 30 s. */
  timeout_ms?: number
}

export interface Client extends Methods, AsyncDisposable {
  /** Calls an operation by its name. */
  call<N extends OperationName>(name: N, input: InputOf<N>): Promise<OutputOf<N>>
  /** As `call`, with the status: 201 for a message that is new, 200 for a repeat. */
  request<N extends OperationName>(name: N, input: InputOf<N>): Promise<Answer<OutputOf<N>>>
  /** The live connection; `open()` it to connect. */
  readonly live: Live
  /** Sends messages once each, also across broken connections. */
  readonly outbox: Outbox
  readonly tokens: TokenKeeper
  /** Ends the live connection and the outbox. The session does not end. */
  close(): void
}

const TIMEOUT_MS = 30_000

export function createClient(options: ClientOptions): Client {
  const { calls = 'http', timeout_ms = TIMEOUT_MS } = options
  const url = options.url.replace(/\/$/, '')
  const cookie = options.session === 'cookie'
  const base = { url, timeout_ms, cookie, fetch: options.fetch ?? globalThis.fetch.bind(globalThis) }

  const operations = readOperations()
  function find(name: string): Operation {
    const operation = operations.get(name)
    if (!operation) throw new TypeError(`${name} is no operation`)
    return operation
  }

  async function refresh(refresh_token: string | null): Promise<SignedIn> {
    const input = refresh_token === null ? {} : { refresh_token }
    const { data } = await request(base, find('auth.refresh-token'), input, null)
    // Cast: the contract's output of this operation.
    return data as SignedIn
  }
  const { tokens, live, outbox, close } = startNetwork(
    { ...options, url },
    { refresh, send: (input, user_id) => send('messages.send', input, user_id) },
  )
  const signedIn = () => tokens.current?.user_id ?? null

  /** As the given user, or as the user who is signed in now. */
  async function send(name: OperationName, input: Fields = {}, author = signedIn()): Promise<Answer> {
    const operation = find(name)
    if (operation.flags.includes('i')) {
      const answer = await request(base, operation, input, null)
      tokens.keep(answer.data as SignedIn)
      return answer
    }
    // A session of the last start may still be loading.
    if (author === null) await tokens.fresh()
    const user_id = author ?? signedIn()
    const session_id = tokens.current?.session_id
    const bySocket = (calls === 'socket' && !operation.flags.includes('h')) || operation.flags.includes('s')
    const answer = await ((bySocket && live.call(name, input, user_id)) || overHttp(operation, input, user_id)).catch(
      (error: unknown) => {
        live.noteRefusal(error)
        throw error
      },
    )
    if (name === 'auth.logout' && tokens.current?.session_id === session_id) tokens.forget()
    return answer
  }

  /**
   * Repeats the call once with a refreshed token if the server refuses the first one. Another user may sign in meanwhile; the
   * call is never made as that user.
   */
  async function overHttp(operation: Operation, input: Fields, user_id: string | null): Promise<Answer> {
    const token = await tokens.fresh()
    if (signedIn() !== user_id) throw refusal('unauthenticated', { detail: 'Its author is not signed in any more' })
    try {
      return await request(base, operation, input, token)
    } catch (error) {
      const expired = error instanceof ParleyError && error.code === 'unauthenticated' && token !== null
      const renewed = expired ? await tokens.renew(token) : null
      if (renewed === null || renewed === token || signedIn() !== user_id) throw error
      return request(base, operation, input, renewed)
    }
  }

  const call = async (name: OperationName, input?: Fields) => (await send(name, input)).data
  const methods: Record<string, Record<string, unknown>> = {}
  for (const { name } of operations.values()) {
    const [group = '', verb = ''] = name.split('.')
    methods[group] = { ...methods[group], [camel(verb)]: (input?: Fields) => call(name, input) }
  }
  const dispose = { [Symbol.asyncDispose]: async () => close() }
  // Cast: the loop makes a method for every operation, which is what `Methods` describes.
  return { ...methods, call, request: send, live, outbox, tokens, close, ...dispose } as unknown as Client
}

function camel(verb: string): string {
  return verb.replace(/-(\w)/g, (_all, letter: string) => letter.toUpperCase())
}
