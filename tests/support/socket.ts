import type { ClientFrame, ServerFrame } from '../../contracts/socket.ts'
import { until } from './until.ts'
import { checkEvent } from './observer.ts'

/** A socket without the SDK: the server's frames one by one. */
export interface TestSocket extends Disposable {
  readonly frames: ServerFrame[]
  /** The close code; null while it is open. */
  readonly code: number | null
  send(frame: ClientFrame | Record<string, unknown>): void
  raw(data: string): void
  /** Waits for a frame that matches, searching from the first one on. */
  find<T extends ServerFrame['type']>(
    type: T,
    fits?: (frame: Extract<ServerFrame, { type: T }>) => boolean,
  ): Promise<Extract<ServerFrame, { type: T }>>
  closed(): Promise<number>
  /** The changes of a stream, in the order they came. */
  changes(stream: string): number[]
}

export interface SocketOptions {
  token?: string
  headers?: Record<string, string>
  query?: string
  resume?: { epoch: string; positions: Record<string, number> }
}

/** Opens a socket; with a token it signs in by an `auth` frame and waits for `ready`. */
export async function openSocket(
  url: string,
  { token, headers = {}, query = '', resume }: SocketOptions = {},
): Promise<TestSocket> {
  // An option of Bun that is not in the DOM's types.
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/ws${query}`, { headers } as unknown as string[])
  const frames: ServerFrame[] = []
  let code: number | null = null
  socket.onmessage = ({ data }) => {
    const frame = JSON.parse(String(data)) as ServerFrame
    if (frame.type === 'event') checkEvent(frame)
    frames.push(frame)
  }
  socket.onclose = event => {
    code = event.code
  }
  const opened: TestSocket = {
    frames,
    get code() {
      return code
    },
    send: frame => socket.send(JSON.stringify(frame)),
    raw: data => socket.send(data),
    async find(type, fits = () => true) {
      const fitting = (frame: ServerFrame) => frame.type === type && fits(frame as never)
      await until(
        () => frames.some(fitting),
        `a frame ${type}`,
        () => `closed ${code}, got ${frames.map(frame => frame.type).join(' ')}`,
      )
      return frames.find(fitting) as never
    },
    async closed() {
      await until(() => code !== null, 'the socket closes')
      return code ?? 0
    },
    changes: stream =>
      frames.flatMap(frame => (frame.type === 'event' && frame.stream === stream ? (frame.change ?? []) : [])),
    [Symbol.dispose]: () => socket.close(),
  }
  await until(() => code !== null || frames.length > 0, 'the server says hello')
  if (token !== undefined) {
    opened.send({ type: 'auth', token, ...(resume ? { resume } : {}) })
    await opened.find('ready')
  }
  return opened
}
