import type { ClientFrame, ServerFrame } from '../../contracts/socket.ts'

export interface WireEvents {
  frame: (frame: ServerFrame) => void
  /** The socket is gone, with its close code. Not told of one that `end` has closed. */
  gone: (code: number) => void
}

const OPEN = 1

/** One WebSocket: frames both ways, until it closes or nothing has come for too long. */
export class Wire {
  readonly #socket: WebSocket
  readonly #gone: (code: number) => void
  #silence: ReturnType<typeof setTimeout> | undefined
  #ended = false

  /** Throws where the platform refuses the address: a scheme that it does not know, or `ws:` from a page of `https:`. */
  constructor(Socket: typeof WebSocket, url: string, { frame, gone }: WireEvents) {
    this.#socket = new Socket(url)
    this.#gone = gone
    this.#socket.onmessage = ({ data }) => {
      // The server's own frames.
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

  /** A socket on which nothing comes for so long is dead, whatever the network says. */
  expect(within_ms: number): void {
    clearTimeout(this.#silence)
    this.#silence = setTimeout(() => this.drop(), within_ms)
  }

  /** Ends it as a broken network would. */
  drop(): void {
    this.#socket.close(1000)
    this.#over(1006)
  }

  /** Ends it on purpose. */
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
