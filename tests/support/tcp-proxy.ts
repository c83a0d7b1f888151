import { connect, createServer, type Server, type Socket } from 'node:net'
import { openAnswers, type Outage } from './outages.ts'

/** How the proxy treats the bytes. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number
  /** Called with each chunk from the client; true forwards it and then cuts the connection before the answer. */
  cutAfter(decide: (request: Buffer) => boolean): void
  /** From now on accepts connections and sends nothing. */
  freeze(): void
  thaw(): void
  /** Closes everything and refuses new connections until `allow`. */
  refuse(): void
  allow(): void
  /** From now on the server behind the proxy fails in this way, for new and for open connections. */
  fail(outage: Outage): Promise<void>
  /** Ends `fail`: what an open connection held up is delivered. */
  heal(): Promise<void>
  /** Resets all open connections. */
  reset(): void
  readonly cuts: number
  /** Chunks that came from clients. */
  readonly requests: number
}

/** Ports that the system gives to nobody who asks for a free one, so that a proxy that stopped listening gets its port again. */
const FIRST_PORT = 20_000
const PORTS = 10_000

/** A proxy between a client and a server on loopback that a test can cut. */
export async function openTcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  const pairs = new Set<{ client: Socket; server: Socket }>()
  const answers = openAnswers()
  let decide: (request: Buffer) => boolean = () => false
  let frozen = false
  let refusing = false
  let cuts = 0
  let requests = 0

  const listener = createServer(client => {
    if (refusing) {
      client.destroy()
      return
    }
    const server = connect(target)
    const pair = { client, server }
    let silent = false
    pairs.add(pair)
    const end = () => {
      pairs.delete(pair)
      client.destroy()
      server.destroy()
    }
    for (const socket of [client, server]) socket.on('error', end)
    client.on('close', end)
    const forward = answers.of(client, server, end)
    client.on('data', chunk => {
      requests += 1
      if (frozen) return
      const cut = decide(chunk)
      if (cut) {
        silent = true
        cuts += 1
      }
      forward.request(chunk)
    })
    server.on('data', chunk => {
      if (frozen) return
      // The server has carried it out, and the client does not get the answer.
      if (silent) end()
      else forward.answer(chunk)
    })
    server.on('close', () => forward.end())
  })
  await listenAnywhere(listener)
  const { port } = addressOfListener(listener)

  const closeAll = () => {
    for (const { client, server } of pairs) {
      client.destroy()
      server.destroy()
    }
  }
  const reset = () => {
    for (const { client, server } of pairs) {
      client.resetAndDestroy()
      server.destroy()
    }
  }
  return {
    port,
    get cuts() {
      return cuts
    },
    get requests() {
      return requests
    },
    cutAfter(next) {
      decide = next
    },
    freeze() {
      frozen = true
    },
    thaw() {
      frozen = false
    },
    refuse() {
      refusing = true
      closeAll()
    },
    allow() {
      refusing = false
    },
    async fail(outage) {
      answers.fail(outage)
      if (outage !== 'refused') return
      listener.close()
      reset()
    },
    async heal() {
      answers.heal()
      if (!listener.listening) await listen(listener, port)
    },
    reset,
    async [Symbol.asyncDispose]() {
      closeAll()
      answers.heal()
      await new Promise<void>(resolve => listener.close(() => resolve()))
    },
  }
}

async function listenAnywhere(listener: Server): Promise<void> {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS)
    const taken = await listen(listener, port).then(
      () => false,
      (error: unknown) => isTaken(error) || Promise.reject(error),
    )
    if (!taken) return
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
}

function listen(listener: Server, port: number): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    listener.once('error', reject)
    listener.listen(port, '127.0.0.1', () => {
      listener.off('error', reject)
      resolve()
    })
  })
}

function addressOfListener(listener: Server): { port: number } {
  const address = listener.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy does not listen')
  return address
}

/** The connection string by way of a proxy, everything else in it unchanged. */
export function through(proxy: TcpProxy, url: string): string {
  const by = new URL(url)
  by.host = `127.0.0.1:${proxy.port}`
  return by.href
}

/** Host and port of a connection string. */
export function addressOf(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url)
  return { host: hostname, port: Number(port || '27017') }
}
