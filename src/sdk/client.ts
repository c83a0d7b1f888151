import type { CallOptions, UploadOptions } from './call-options.ts'
import { Calls } from './calls.ts'
import { request, type Answer, type HttpOptions, type RequestOptions } from './http.ts'
import type { Live } from './live.ts'
import { methodsOf, type FileMethods } from './methods.ts'
import { startNetwork, type NetworkOptions } from './network.ts'
import { operationIn, readOperations } from './operations.ts'
import type { Outbox } from './outbox.ts'
import { pagesOf, type Pages } from './pages.ts'
import type { TokenKeeper } from './tokens.ts'
import type { Fields } from './request.ts'
import type { InputOf, ItemOf, List, ListName, Methods, OperationName, OutputOf, SignedIn } from './wire-types.ts'

export interface ClientOptions extends NetworkOptions {
  fetch?: typeof fetch
  /** `socket` carries calls over the live connection while it is ready. Default: `http`. */
  calls?: 'http' | 'socket'
  /** How long an HTTP call may take. Default: 30 s. */
  timeout_ms?: number
}

/** `[Symbol.asyncDispose]`, in projects whose TypeScript knows it. */
type Disposing = {
  [K in SymbolConstructor[Extract<keyof SymbolConstructor, 'asyncDispose'>] & symbol]: () => Promise<void>
}

export interface Client extends Methods, Disposing {
  readonly files: Methods['files'] & FileMethods
  /** Calls an operation by its name. */
  call<N extends OperationName>(name: N, input: InputOf<N>, options?: UploadOptions): Promise<OutputOf<N>>
  /** As `call`, with the status: 201 for a message that is new, 200 for a repeat. */
  request<N extends OperationName>(name: N, input: InputOf<N>, options?: UploadOptions): Promise<Answer<OutputOf<N>>>
  /** The items of a list one by one, over all pages from `input` on: `for await (const message of client.pages(…))`. */
  pages<N extends ListName>(name: N, input: InputOf<N>, options?: CallOptions): Pages<ItemOf<OutputOf<N>>>
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
  const { timeout_ms = TIMEOUT_MS, session } = options
  const url = options.url.replace(/\/+$/, '')
  if (!/^https?:\/\/./i.test(url)) throw new TypeError('url must begin with http:// or https://')
  const { fetch = globalThis.fetch } = options
  if (typeof fetch !== 'function') throw new TypeError('this platform has no fetch: give one as an option')
  const base: HttpOptions = { url, timeout_ms, cookie: session === 'cookie', fetch: fetch.bind(globalThis) }
  const operations = readOperations()

  async function signedIn(name: string, input: Fields): Promise<SignedIn> {
    const { data } = await request(base, operationIn(operations, name), input, null)
    // Cast: the contract's output of these operations.
    return data as SignedIn
  }
  const { getUserToken } = options
  const network = startNetwork(
    { ...options, url },
    {
      refresh: token => signedIn('auth.refresh-token', token === null ? {} : { refresh_token: token }),
      exchange: getUserToken && (async () => signedIn('auth.exchange', { token: await getUserToken() })),
      send: (input, user_id) => calls.make(operationIn(operations, 'messages.send'), input, {}, user_id),
    },
  )
  const calls = new Calls({ ...network, base, over: options.calls ?? 'http' })

  const answer = async (name: string, input?: Fields, options?: RequestOptions) =>
    calls.make(operationIn(operations, name), input, options)
  const call = async (name: string, input?: Fields, options?: RequestOptions) =>
    (await answer(name, input, options)).data
  const pages = (name: string, input: Fields = {}, options: CallOptions = {}) =>
    // Cast: the contract's output of a list.
    pagesOf(async query => (await call(name, query, options)) as List<unknown>, input, options.signal)

  const { close } = network
  const { asyncDispose } = Symbol as { asyncDispose?: symbol }
  const dispose = asyncDispose ? { [asyncDispose]: async () => close() } : {}
  const methods = methodsOf({ url, operations, call, pages })
  // Cast: what is typed by operation here is made from names and fields.
  return { ...methods, ...network, call, request: answer, pages, ...dispose } as unknown as Client
}
