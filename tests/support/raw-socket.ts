import { randomBytes } from 'node:crypto'

/** A WebSocket client made by hand: it costs little per frame, can be made to read slowly, and counts bytes. */
export interface RawSocket {
  /** Sends one masked text frame. */
  send(text: string): void
  /** Bytes received so far, frame headers included. */
  readonly received: number
  readonly closed: boolean
  pause(): void
  resume(): void
  end(): void
}

export interface RawOptions {
  url: string
  headers?: Record<string, string>
  /** Called with each whole text payload; without it frames are only counted as bytes. */
  onFrame?: (payload: Buffer) => void
  onClose?: () => void
}

export async function openRawSocket({ url, headers = {}, onFrame, onClose }: RawOptions): Promise<RawSocket> {
  const { hostname, port } = new URL(url)
  const opened = Promise.withResolvers<void>()
  let [upgraded, closed, received] = [false, false, 0]
  let rest: Buffer = Buffer.alloc(0)

  function take(data: Buffer): void {
    let chunk = data
    if (!upgraded) {
      rest = Buffer.concat([rest, chunk])
      const end = rest.indexOf('\r\n\r\n')
      if (end < 0) return
      if (!rest.subarray(0, 12).includes('101')) return opened.reject(new Error(rest.subarray(0, end).toString()))
      upgraded = true
      chunk = rest.subarray(end + 4)
      rest = Buffer.alloc(0)
      opened.resolve()
    }
    received += chunk.length
    if (onFrame) frames(chunk)
  }

  function frames(chunk: Buffer): void {
    let buffer = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
    for (;;) {
      const frame = frameAt(buffer)
      if (!frame) break
      onFrame?.(buffer.subarray(frame.start, frame.end))
      buffer = buffer.subarray(frame.end)
    }
    rest = buffer
  }

  const socket = await Bun.connect({
    hostname,
    port: Number(port),
    socket: {
      data: (_socket, data) => take(data),
      close() {
        closed = true
        onClose?.()
      },
      error: () => undefined,
    },
  })
  const lines = Object.entries({
    host: `${hostname}:${port}`,
    upgrade: 'websocket',
    connection: 'Upgrade',
    'sec-websocket-key': randomBytes(16).toString('base64'),
    'sec-websocket-version': '13',
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`GET /ws HTTP/1.1\r\n${lines.join('')}\r\n`)
  await opened.promise
  return {
    send: text => void socket.write(maskedFrame(text)),
    get received() {
      return received
    },
    get closed() {
      return closed
    },
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    end: () => void socket.end(),
  }
}

/** Where the first whole frame's payload lies; null while it is not there yet. */
function frameAt(buffer: Buffer): { start: number; end: number } | null {
  if (buffer.length < 2) return null
  const short = (buffer[1] ?? 0) & 0x7f
  const start = short === 126 ? 4 : short === 127 ? 10 : 2
  if (buffer.length < start) return null
  const length = short === 126 ? buffer.readUInt16BE(2) : short === 127 ? Number(buffer.readBigUInt64BE(2)) : short
  return buffer.length < start + length ? null : { start, end: start + length }
}

/** A text frame masked with zeros: allowed, and the payload stays as it is. */
export function maskedFrame(text: string): Buffer {
  const payload = Buffer.from(text)
  const size = payload.length
  const header =
    size < 126
      ? Buffer.from([0x81, 0x80 | size, 0, 0, 0, 0])
      : Buffer.from([0x81, 0x80 | 126, size >> 8, size & 0xff, 0, 0, 0, 0])
  return Buffer.concat([header, payload])
}
