import type { SignedIn } from '../../contracts/entities.ts'
import { contract, type CallInputOf, type Contract, type OperationName, type OutputOf } from '../../contracts/index.ts'
import type { CallInput, Operation, Output } from '../../contracts/kit.ts'
import { ParleyError } from './errors.ts'
import { request, type Answer } from './http.ts'
import { Live } from './live.ts'
import { Outbox, memoryOutbox, type OutboxStore } from './outbox.ts'
import { TokenKeeper, memoryTokens, type TokenStore } from './tokens.ts'

export interface ClientOptions {
  /** Of the server, without a slash at the end. */
  url: string
  fetch?: typeof fetch
  /** Needed on Node 20, which has none. */
  WebSocket?: typeof WebSocket
  tokens?: TokenStore
  outbox?: OutboxStore
  /** `socket` carries calls over the live connection while it is ready. Default: `http`. */
  calls?: 'http' | 'socket'
  random?: () => number
}

type Method<O extends Operation> =
  object extends CallInput<O>
    ? (input?: CallInput<O>) => Promise<Output<O>>
    : (input: CallInput<O>) => Promise<Output<O>>

/** `client.messages.send({ … })`: every operation of the contract. */
export type Methods = {
  readonly [G in keyof Contract]: {
    readonly [V in keyof Contract[G]]: Contract[G][V] extends Operation ? Method<Contract[G][V]> : never
  }
}

export interface Client extends Methods {
  /** The same by name. */
  call<N extends OperationName>(name: N, input: CallInputOf<N>): Promise<OutputOf<N>>
  /** With the status: tells a message that was stored now (201) from a repeat (200). */
  request(name: OperationName, input: Readonly<Record<string, unknown>>): Promise<Answer>
  /** The live connection; `open()` it to connect. */
  readonly live: Live
  /** Sends that survive broken connections, once each. */
  readonly outbox: Outbox
  readonly tokens: TokenKeeper
  /** Ends the live connection and the outbox; the session stays. */
  close(): void
}

/** The operations whose answer signs in. */
const SIGNS_IN: ReadonlySet<OperationName> = new Set(['auth.register', 'auth.login', 'auth.refresh-token'])

export function createClient(options: ClientOptions): Client {
  const { random = Math.random, calls = 'http' } = options
  const base = { url: options.url.replace(/\/$/, ''), fetch: options.fetch ?? globalThis.fetch.bind(globalThis) }

  async function refresh(refresh_token: string): Promise<SignedIn> {
    const { data } = await request(base, 'auth.refresh-token', { refresh_token }, null)
    // The contract's output of this operation.
    return data as SignedIn
  }
  const tokens = new TokenKeeper(options.tokens ?? memoryTokens(), refresh, Date.now)
  const live = new Live({ url: base.url, WebSocket: options.WebSocket ?? globalThis.WebSocket, tokens, random })

  async function send(name: OperationName, input: Readonly<Record<string, unknown>>): Promise<Answer> {
    if (SIGNS_IN.has(name)) {
      const answer = await request(base, name, input, null)
      tokens.keep(answer.data as SignedIn)
      return answer
    }
    if (calls === 'socket' && live.state === 'ready') return live.call(name, input)
    const token = await tokens.fresh()
    try {
      return await request(base, name, input, token)
    } catch (error) {
      const expired = error instanceof ParleyError && error.code === 'unauthenticated' && token !== null
      const renewed = expired ? await tokens.renew(token) : null
      if (renewed === null || renewed === token) throw error
      return request(base, name, input, renewed)
    }
  }

  async function call(name: OperationName, input: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    const { data } = await send(name, input)
    if (name === 'auth.logout') tokens.forget()
    return data
  }

  const outbox = new Outbox(options.outbox ?? memoryOutbox(), input => send('messages.send', input), random)
  live.on('ready', () => outbox.wake())
  const methods = Object.fromEntries(
    Object.entries(contract).map(([group, verbs]) => [
      group,
      Object.fromEntries(
        Object.keys(verbs).map(verb => [
          verb,
          (input: Readonly<Record<string, unknown>>) => call(`${group}.${verb}` as OperationName, input),
        ]),
      ),
    ]),
  )
  const close = () => {
    live.close()
    outbox.close()
  }
  // The loop makes a method for every operation, as `Methods` says.
  return { ...methods, call, request: send, live, outbox, tokens, close } as unknown as Client
}
