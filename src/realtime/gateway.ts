import { AppError } from '../../contracts/errors.ts'
import type { EphemeralEvent, EventData } from '../../contracts/events.ts'
import { MAX_FRAME_BYTES } from '../../contracts/socket.ts'
import type { Config } from '../config.ts'
import type { Audience, Client, Services } from '../context.ts'
import type { Dispatch } from '../dispatch.ts'
import { hashTicket } from '../identity/tokens.ts'
import { bearer } from '../transport/client.ts'
import { problemResponse } from '../transport/wire-error.ts'
import type { Profile } from './authenticate.ts'
import { Connection, type Socket } from './connection.ts'
import { HELLO } from './frames.ts'
import { openHeartbeat } from './heartbeat.ts'
import { Hub } from './hub.ts'
import { allowedOrigin } from './origin.ts'
import { publisherOf } from './publish.ts'
import { openSession } from './session.ts'
import { openSync } from './sync.ts'
import type { SyncSource } from './sync-source.ts'

/** A socket with more unsent is closed and resumes (SPEC, Limits). */
const MOST_UNSENT = 1024 * 1024
/** Beyond our own heartbeat: the runtime's, for a socket that neither reads nor answers. */
const IDLE_SECONDS = 120
/** How long closing sockets may take to say goodbye. */
const FAREWELL_MS = 500

export interface RealtimeOptions extends Pick<Services, 'storage' | 'principals' | 'clock' | 'ids' | 'log'> {
  dispatch: Dispatch
  config: Pick<Config, 'allowed_origins' | 'base_url'>
  profile: Profile
}

type Listener = Bun.Server<Connection>

export interface Realtime extends AsyncDisposable {
  /** Answers `GET /ws`: undefined once the request is a socket. */
  upgrade(request: Request, server: Listener, client: Client): Promise<Response | undefined>
  readonly websocket: Bun.WebSocketHandler<Connection>
  attach(server: Listener): void
  ephemeral<E extends EphemeralEvent>(event: E, data: EventData<E>, audience: Audience): void
  readonly sync: SyncSource
  /** How many are open now. */
  sockets(): number
  /** Closes every socket 1012. */
  drain(): Promise<void>
}

/** Bun's own sockets beside the HTTP transport, on the same listener. */
export function openRealtime(options: RealtimeOptions): Realtime {
  const { storage, principals, clock, log, config } = options
  const hub = new Hub(storage.log, log)
  const sockets = new Set<Connection>()
  const session = openSession({ ...options, hub })
  const heartbeat = openHeartbeat(sockets, { clock, dispatch: options.dispatch, log })
  storage.log.onCommit(entries => hub.take(entries))
  principals.onEnded(ended => {
    const ids = new Set(ended)
    for (const connection of sockets) {
      if (!connection.identity || !ids.has(connection.identity.session_id)) continue
      hub.remove(connection.identity.user_id, connection)
      // Its own call may have ended it: that is answered first.
      if (connection.queue) connection.ending = true
      else connection.close(4401)
    }
  })

  async function openingOf(request: Request): Promise<Connection['opening']> {
    const ticket = new URL(request.url).searchParams.get('ticket')
    const token = bearer(request)
    if (ticket !== null) {
      const taken = await storage.sessions.takeTicket(hashTicket(ticket), clock().toISOString())
      if (!taken) throw new AppError('unauthenticated')
      return { session_id: taken.session_id, expires_at: taken.token_expires_at }
    }
    if (token === null) return null
    const caller = await options.dispatch.identify({ token })
    return { session_id: caller.session.id, expires_at: caller.token_expires_at }
  }

  return {
    sync: openSync({ ...options, hub }),
    async upgrade(request, server, client) {
      const request_id = Bun.randomUUIDv7()
      try {
        if (request.headers.get('upgrade')?.toLowerCase() !== 'websocket') throw new AppError('upgrade_required')
        if (!allowedOrigin(request, config)) throw new AppError('origin_refused')
        const connection = new Connection(client, await openingOf(request), clock().getTime())
        if (server.upgrade(request, { data: connection })) return undefined
        throw new AppError('upgrade_required')
      } catch (error) {
        if (error instanceof AppError) return problemResponse(error, request_id, { upgrade: 'websocket' })
        throw error
      }
    },
    websocket: {
      maxPayloadLength: MAX_FRAME_BYTES,
      backpressureLimit: MOST_UNSENT,
      closeOnBackpressureLimit: true,
      idleTimeout: IDLE_SECONDS,
      sendPings: false,
      perMessageDeflate: false,
      open(socket: Socket) {
        const connection = socket.data
        connection.socket = socket
        sockets.add(connection)
        connection.send(HELLO)
        if (connection.opening) session.begin(connection)
      },
      message(socket: Socket, message) {
        session.receive(socket.data, message)
      },
      drain(socket: Socket) {
        socket.data.wake()
      },
      close(socket: Socket) {
        const connection = socket.data
        connection.socket = null
        connection.wake()
        sockets.delete(connection)
        if (connection.identity) hub.remove(connection.identity.user_id, connection)
      },
    },
    sockets: () => sockets.size,
    attach: server => hub.attach(publisherOf(server)),
    ephemeral: (event, data, audience) => hub.ephemeral(event, data, audience, clock().toISOString()),
    async drain() {
      if (sockets.size === 0) return
      for (const connection of sockets) connection.close(1012)
      await Bun.sleep(FAREWELL_MS)
    },
    async [Symbol.asyncDispose]() {
      heartbeat[Symbol.dispose]()
    },
  }
}
