/** One TCP connection to a server, written to by hand: what no HTTP client would send, or would hide. */
export interface RawConnection extends Disposable {
  /** Everything that came so far. */
  readonly text: string
  readonly closed: boolean
  write(text: string): void
  /** Closes the connection at once. */
  leave(): void
  /** Waits until the connection is closed or a condition holds, `seconds` at most; gives the seconds that it took. */
  wait(condition: () => boolean, seconds?: number): Promise<number>
}

export async function connect(url: string): Promise<RawConnection> {
  const { hostname, port } = new URL(url)
  const seen = { text: '', closed: false }
  const socket = await Bun.connect({
    hostname,
    port: Number(port),
    socket: {
      data(_socket, chunk) {
        seen.text += chunk.toString()
      },
      close() {
        seen.closed = true
      },
      error: () => undefined,
    },
  })
  return {
    get text() {
      return seen.text
    },
    get closed() {
      return seen.closed
    },
    write: part => void socket.write(part),
    leave: () => socket.terminate(),
    async wait(condition, seconds = 10) {
      const start = performance.now()
      const passed = () => (performance.now() - start) / 1_000
      while (!seen.closed && !condition() && passed() < seconds) await Bun.sleep(5)
      return passed()
    },
    [Symbol.dispose]: () => socket.terminate(),
  }
}

/** A request as text. The body goes as it is given, under the headers that are given. */
export function requestText(line: string, headers: Record<string, string> = {}, body = ''): string {
  const lines = Object.entries({ host: 'localhost:3000', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${line} HTTP/1.1\r\n${lines.join('')}\r\n${body}`
}
