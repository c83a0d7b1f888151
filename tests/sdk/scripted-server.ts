import { ClientFrame, type EventFrame, type ServerFrame } from '../../contracts/socket.ts'
import type { SignedIn, User } from '../../contracts/entities.ts'
import { createClient, memoryTokens, type Client, type ClientOptions, type Tokens } from '../../src/sdk/index.ts'
import { until } from '../support/until.ts'

const AT = '2026-01-01T00:00:00.000Z'
export const ADA: User = {
  id: '01890000-0000-7000-8000-00000000000a',
  username: 'ada',
  full_name: null,
  avatar_file_id: null,
  role: 'EDITOR',
  disabled: false,
  deleted: false,
  created_at: AT,
  updated_at: AT,
}
export const ROOM = '01890000-0000-7000-8000-000000000001'

type Frame<T extends ServerFrame['type']> = Partial<Extract<ServerFrame, { type: T }>> & { type: T }
type AnyFrame = { [T in ServerFrame['type']]: Frame<T> }[ServerFrame['type']]

/** The server's side of one socket. Frames that are not in the contract fail the test. */
export interface ScriptedSocket {
  readonly frames: ClientFrame[]
  send(...frames: AnyFrame[]): void
  close(code: number): void
  /** Sends `hello`, waits for `auth`, answers `ready`, and returns the `auth`. */
  welcome(ready?: Partial<Frame<'ready'>>, hello?: Partial<Frame<'hello'>>): Promise<Frames['auth']>
  /** Waits until there are this many frames of the type, and returns the last one. */
  frame<T extends keyof Frames>(type: T, count?: number): Promise<Frames[T]>
  readonly closed: boolean
}
type Frames = { [T in ClientFrame['type']]: Extract<ClientFrame, { type: T }> }

/** A server whose frames and HTTP answers the test decides. */
export interface ScriptedServer extends AsyncDisposable {
  readonly url: string
  readonly sockets: readonly ScriptedSocket[]
  /** Waits for the socket with this index, from 0 on. */
  socket(nth: number): Promise<ScriptedSocket>
  /** A client of this server, signed in as ada and without jitter unless told otherwise; closed with the server. */
  clientOf(options?: Partial<ClientOptions>): Client
}

export function startScripted(answer: (request: Request) => Response | Promise<Response>): ScriptedServer {
  const sockets: ScriptedSocket[] = []
  const clients: Client[] = []
  const server = Bun.serve<{ frames: ClientFrame[]; closed: boolean }>({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 0,
    fetch(request, listener) {
      if (new URL(request.url).pathname !== '/ws') return answer(request)
      return listener.upgrade(request, { data: { frames: [], closed: false } }) ? undefined : new Response()
    },
    websocket: {
      open(socket) {
        const { data } = socket
        const scripted: ScriptedSocket = {
          frames: data.frames,
          get closed() {
            return data.closed
          },
          send: (...frames) => {
            for (const frame of frames) socket.send(JSON.stringify(frame))
          },
          close: code => socket.close(code),
          async welcome(ready, hello) {
            scripted.send({ type: 'hello', protocol: 1, heartbeat_ms: 25_000, max_frame_bytes: 65_536, ...hello })
            const auth = await scripted.frame('auth')
            scripted.send({ type: 'ready', user: ADA, session_id: ROOM, epoch: 'first', change: 0, ...ready })
            return auth
          },
          async frame(type, count = 1) {
            const found = () => data.frames.filter(frame => frame.type === type)
            await until(
              () => found().length >= count,
              `${count} frames ${type}`,
              () => JSON.stringify(data.frames).slice(0, 500),
            )
            return found()[count - 1] as never
          },
        }
        sockets.push(scripted)
      },
      message: (socket, text) => void socket.data.frames.push(ClientFrame.parse(JSON.parse(String(text)))),
      close(socket) {
        socket.data.closed = true
      },
    },
  })
  const url = `http://127.0.0.1:${server.port}`
  return {
    url,
    sockets,
    clientOf(options = {}) {
      const client = createClient({ url, tokens: memoryTokens(tokensOf()), random: () => 0, ...options })
      clients.push(client)
      return client
    },
    async socket(nth) {
      await until(() => sockets.length > nth, `socket ${nth}`)
      const socket = sockets[nth]
      if (!socket) throw new Error('no such socket')
      return socket
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.close()
      // The promise resolves only when every client has disconnected.
      void server.stop(true)
    },
  }
}

export function nothing(): Response {
  return new Response('not in the script', { status: 500 })
}

/** Tokens as after a sign-in. */
export function tokensOf(user_id = ADA.id, token = 'token-1', lives_ms = 900_000): Tokens {
  const expires_at = Date.now() + lives_ms
  return { access_token: token, refresh_token: `refresh-${token}`, expires_at, user_id, session_id: ROOM }
}

export function signedIn(token: string, user: User = ADA, expires_in = 900): SignedIn {
  const refresh_token = `refresh-${token}`
  return { user, access_token: token, refresh_token, token_type: 'Bearer', expires_in, session_id: ROOM }
}

export function event(change: number, stream = ROOM): EventFrame {
  const data = { message_id: ROOM, user_id: ADA.id, at: AT }
  return { type: 'event', event: 'message.unpinned', stream, change, data, at: AT }
}

export function problem(code: string, status: number, extra: Record<string, unknown> = {}): Response {
  const body = {
    type: `urn:parley:error:${code}`,
    title: code,
    status,
    code,
    detail: code,
    errors: [],
    request_id: 'r',
  }
  return Response.json({ ...body, ...extra }, { status })
}
