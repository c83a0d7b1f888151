import { browserEnvironment, type Environment } from './environment.ts'
import type { Answer } from './http.ts'
import { Live } from './live.ts'
import { Outbox } from './outbox.ts'
import { memoryOutbox, type Draft, type OutboxStore } from './outbox-store.ts'
import { memoryTokens, type TokenStore } from './token-store.ts'
import { TokenKeeper, type TokenOptions } from './tokens.ts'

export interface NetworkOptions {
  /** Of the server, without a trailing slash. */
  url: string
  /** Required where the platform has no `WebSocket`, as Node 20. */
  WebSocket?: typeof WebSocket
  /** Keeps the session between two starts. Not used with `session: 'cookie'`. */
  tokens?: TokenStore
  /**
   * `cookie`: the browser keeps the refresh token in a cookie that no script can read, and the access token is in memory only.
   * Default: `tokens`.
   */
  session?: 'tokens' | 'cookie'
  /** Keeps unsent messages between two starts. Tabs share it. */
  outbox?: OutboxStore
  /**
   * Asks your back end for a token of the present user, who is then signed in by it: at the first call and again whenever the
   * session has ended, but not after a sign-out.
   */
  getUserToken?: () => Promise<string>
  /** What happens outside the client. Default: what the browser reports. */
  environment?: Environment
  random?: () => number
  /** Milliseconds since 1970. */
  now?: () => number
}

/** The calls that the network makes by itself. */
export interface NetworkCalls extends Pick<TokenOptions, 'refresh' | 'exchange'> {
  /** Sends as the author; fails if another user is signed in. */
  send: (input: Draft & { client_id: string }, user_id: string) => Promise<Answer>
}

export interface Network {
  readonly live: Live
  readonly outbox: Outbox
  readonly tokens: TokenKeeper
  close(): void
}

/** The parts of a client that live longer than one call: the session, the connection and what waits to be sent. */
export function startNetwork(options: NetworkOptions, { refresh, exchange, send }: NetworkCalls): Network {
  const { url, random = Math.random, now = Date.now, environment = browserEnvironment() } = options
  const cookie = options.session === 'cookie'
  const store = (cookie ? null : options.tokens) ?? memoryTokens()
  const tokens = new TokenKeeper({ store, refresh, cookie, exchange, environment, url, now, random })
  const WebSocket = options.WebSocket ?? globalThis.WebSocket
  const live = new Live({ url, WebSocket, tokens, environment, now, random })
  const outbox = new Outbox({
    store: options.outbox ?? memoryOutbox(),
    locks: options.outbox && environment.locks,
    send,
    user_id: () => tokens.current?.user_id ?? null,
    now,
    random,
  })
  live.on('ready', () => outbox.wake())
  tokens.onChange(() => outbox.wake())
  const stop = environment.listen(sign => {
    live.sense(sign)
    outbox.sense(sign)
  })
  const close = () => {
    stop()
    live.close()
    outbox.close()
    tokens.close()
  }
  return { live, outbox, tokens, close }
}
