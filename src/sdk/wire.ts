import type { ClientFrame, ServerFrame } from './wire-types.ts'

export interface WireEvents {
  frame: (frame: ServerFrame) => void
  /** The socket has closed, with its close code. Not called after `end`. */
  gone: (code: number) => void
}

const OPEN = 1
/** A socket that may be dead, as after sleep, has this long to show the contrary. */
const PROBE_MS = 5_000

/** One WebSocket: frames in both directions, until it closes or nothing is received for too long. */
export class Wire {
  readonly #socket: WebSocket
  readonly #gone: (code: number) => void
  #silence: ReturnType<typeof setTimeout> | undefined
  #ended = false
  #probing = false

  /** Throws if the platform refuses the address: an unknown scheme, or `ws:` on a page loaded by https. */
  constructor(Socket: typeof WebSocket, url: string, { frame, gone }: WireEvents) {
    this.#socket = new Socket(url)
    this.#gone = gone
    this.#socket.onmessage = ({ data }) => {
      this.#probing = false
      // Cast: the server sends these frames.
      if (!this.#ended) frame(JSON.parse(String(data)) as ServerFrame)
    }
    this.#socket.onerror = () => undefined
    this.#socket.onclose = ({ code }) => this.#over(code)
  }

  send(frame: ClientFrame): void {
    this.sendText(JSON.stringify(frame))
  }

  sendText(text: string): void {
    if (this.#socket.readyState === OPEN) this.#socket.send(text)
  }

  /** A socket on which nothing is received for this long is taken as closed. */
  expect(within_ms: number): void {
    clearTimeout(this.#silence)
    this.#silence = setTimeout(() => this.drop(), within_ms)
  }

  /** Takes the socket as closed unless something is received soon. */
  probe(): void {
    if (this.#probing) return
    this.#probing = true
    this.send({ type: 'ping' })
    this.expect(PROBE_MS)
  }

  /** Closes the socket as if the network had broken. */
  drop(): void {
    this.#socket.close(1000)
    this.#over(1006)
  }

  /** Closes the socket without reporting it. */
  end(): void {
    this.#ended = true
    clearTimeout(this.#silence)
    this.#socket.close(1000)
  }

  #over(code: number): void {
    if (this.#ended) return
    this.#ended = true
    clearTimeout(this.#silence)
    this.#gone(code)
  }
}
