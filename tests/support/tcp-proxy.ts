import { connect, createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'

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
  readonly cuts: number
}

/** A proxy between a client and a server on loopback that a test can cut. */
export async function openTcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  const pairs = new Set<{ client: Socket; server: Socket }>()
  let decide: (request: Buffer) => boolean = () => false
  let frozen = false
  let refusing = false
  let cuts = 0

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
    for (const socket of [client, server]) socket.on('error', end).on('close', end)
    client.on('data', chunk => {
      if (frozen) return
      const cut = decide(chunk)
      if (cut) {
        silent = true
        cuts += 1
      }
      server.write(chunk)
    })
    server.on('data', chunk => {
      if (frozen) return
      // The server has carried it out, and the client does not get the answer.
      if (silent) end()
      else client.write(chunk)
    })
  })
  await new Promise<void>(resolve => listener.listen(0, '127.0.0.1', resolve))

  const closeAll = () => {
    for (const { client, server } of pairs) {
      client.destroy()
      server.destroy()
    }
  }
  return {
    port: (listener.address() as AddressInfo).port,
    get cuts() {
      return cuts
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
    async [Symbol.asyncDispose]() {
      closeAll()
      await new Promise<void>(resolve => listener.close(() => resolve()))
    },
  }
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
