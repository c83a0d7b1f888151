import { AppError } from '../../contracts/errors.ts'
import { MAX_SOCKET_UNSENT, MAX_UNAUTHENTICATED } from '../../contracts/limits.ts'
import { AUTH_DEADLINE_MS, MAX_FRAME_BYTES } from '../../contracts/socket.ts'
import type { Client, Services } from '../context.ts'
import type { Gate } from '../gate.ts'
import type { RequestClient } from '../http/client.ts'
import { openingCredentialsOf } from '../http/credentials.ts'
import { problemResponse } from '../http/problem.ts'
import type { Access } from '../http/access.ts'
import type { Profile } from './authenticate.ts'
import { Connection } from './connection.ts'
import { ConnectionLimit } from './connection-limit.ts'
import { HELLO } from './frames.ts'
import { openSocketChecks } from './socket-checks.ts'
import type { Measurements } from '../metrics/measurements.ts'
import type { Hub } from './hub.ts'
import type { Upgrader } from '../http/listener.ts'
import type { Origins } from '../http/origin.ts'
import { openFrameHandler } from './frame-handler.ts'
import { openSync } from './sync.ts'
import type { Counting } from '../ports/counting.ts'
import type { SyncSource } from '../ports/sync.ts'

/** The runtime's limit, longer than the heartbeat, for a socket that neither reads nor answers. */
const IDLE_SECONDS = 120
/** How long close frames may take to be sent when the server stops. */
const CLOSING_MS = 500

export interface RealtimeOptions extends Pick<Services, 'storage' | 'sessionCache' | 'clock' | 'logger'> {
  gate: Gate
  hub: Hub
  origins: Origins
  profile: Profile
  counting: Counting
  measurements: Measurements
  access: Access
  /** Milliseconds of a monotonic clock. */
  monotonic: () => number
}

export interface Realtime extends AsyncDisposable {
  /** Answers `GET /ws`: undefined once the request is a socket. */
  upgrade(request: Request, client: RequestClient, server: Upgrader<Connection>): Promise<Response | undefined>
  readonly websocket: Bun.WebSocketHandler<Connection>
  readonly sync: SyncSource
  /** The number of open sockets. */
  sockets(): number
  /** Refuses new sockets, closes every socket 1012 and ends every subscription. */
  closeAll(): Promise<void>
}

/** Bun's own sockets beside the HTTP transport, on the same listener. */
export function openRealtime(options: RealtimeOptions): Realtime {
  const { sessionCache, gate, hub, monotonic, origins, counting, measurements, access } = options
  const connections = new ConnectionLimit(counting)
  const sockets = new Set<Connection>()
  /** Sockets that are not authenticated yet, each for a few seconds. */
  const unauthenticated = new Set<Connection>()
  const frames = openFrameHandler({ ...options, connections })
  const checks = openSocketChecks(sockets, options)
  const stopping = new AbortController()
  sessionCache.onEnded(ended => {
    const ids = new Set(ended)
    for (const connection of sockets) {
      if (!connection.identity || !ids.has(connection.identity.session_id)) continue
      hub.remove(connection.identity.user_id, connection)
      // If its own call has ended the session, the call is answered first.
      if (connection.queue) connection.ending = true
      else connection.close(4401)
    }
  })

  function limitUnauthenticated({ network }: Client): void {
    let others = 0
    for (const each of unauthenticated) {
      if (each.identity) unauthenticated.delete(each)
      else if (each.client.network === network) others += 1
    }
    if (others >= MAX_UNAUTHENTICATED) throw new AppError('rate_limited', { retry_after: AUTH_DEADLINE_MS / 1000 })
  }

  async function openingOf(request: Request): Promise<Connection['opening']> {
    const credentials = openingCredentialsOf(request)
    return credentials && gate.identify(credentials)
  }

  return {
    sync: openSync({ ...options, connections, stopping: stopping.signal }),
    async upgrade(request, client, server) {
      const begun = performance.now()
      const ended = (status: number) => access.ended(request.method, '/ws', client, status, begun)
      try {
        if (request.method !== 'GET') throw new AppError('method_not_allowed', { allow: ['GET'] })
        if (request.headers.get('upgrade')?.toLowerCase() !== 'websocket') throw new AppError('upgrade_required')
        if (stopping.signal.aborted) throw new AppError('unavailable', { retry_after: 1 })
        if (!origins.allows(request)) throw new AppError('origin_refused')
        const opening = await openingOf(request)
        if (!opening) limitUnauthenticated(client)
        const connection = new Connection(client.toClient(), opening, monotonic())
        if (!server.upgrade(request, { data: connection })) throw new AppError('upgrade_required')
        ended(101)
        return undefined
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        ended(error.status)
        return problemResponse(error, client.request_id, { upgrade: 'websocket' })
      }
    },
    websocket: {
      maxPayloadLength: MAX_FRAME_BYTES,
      backpressureLimit: MAX_SOCKET_UNSENT,
      closeOnBackpressureLimit: true,
      idleTimeout: IDLE_SECONDS,
      sendPings: false,
      perMessageDeflate: false,
      open(socket) {
        const connection = socket.data
        connection.socket = socket
        sockets.add(connection)
        connection.send(HELLO)
        if (connection.opening) frames.begin(connection, connection.opening)
        else unauthenticated.add(connection)
        connection.opening = null
      },
      message(socket, message) {
        measurements.frames_received += 1
        frames.receive(socket.data, message)
      },
      drain(socket) {
        socket.data.wake()
      },
      close(socket, code) {
        const connection = socket.data
        measurements.socketClosed(code)
        connection.socket = null
        connection.wake()
        sockets.delete(connection)
        unauthenticated.delete(connection)
        if (!connection.identity) return
        connection.release?.()
        hub.remove(connection.identity.user_id, connection)
      },
    },
    sockets: () => sockets.size,
    async closeAll() {
      stopping.abort()
      if (sockets.size === 0) return
      for (const connection of sockets) connection.close(1012)
      await Bun.sleep(CLOSING_MS)
    },
    async [Symbol.asyncDispose]() {
      checks[Symbol.dispose]()
    },
  }
}
