import { Redis } from 'ioredis'
import { until } from './until.ts'

/** The server under a name of its own, by which the connections of a test can be told from those of others. */
export function named(url: string): { url: string; kill: () => Promise<void> } {
  const name = `parley-test-${crypto.randomUUID()}`
  const own = new URL(url)
  own.searchParams.set('connectionName', name)
  return {
    url: own.href,
    /** Ends all connections that were opened with the URL. */
    async kill() {
      const admin = new Redis(url)
      const list = String(await admin.client('LIST'))
      const ids = [...list.matchAll(/^id=(\d+) .*? name=(\S*)/gm)].filter(([, , each]) => each === name)
      for (const [, id = ''] of ids) await admin.call('CLIENT', 'KILL', 'ID', id)
      admin.disconnect()
    },
  }
}

/** A Redis server of its own, by its command line, on a free port of loopback. */
export async function startRedis(command: readonly string[]): Promise<AsyncDisposable & { port: number }> {
  const listener = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => undefined } })
  const { port } = listener
  listener.stop(true)
  const child = Bun.spawn([...command, '--port', String(port), '--bind', '127.0.0.1', '--dir', '/tmp'], {
    stdout: 'ignore',
    stderr: 'ignore',
  })
  const answers = () =>
    Bun.connect({ hostname: '127.0.0.1', port, socket: { data: () => undefined } }).then(
      socket => {
        socket.end()
        return true
      },
      () => false,
    )
  await until(answers, 'Redis listens')
  return {
    port,
    async [Symbol.asyncDispose]() {
      child.kill()
      await child.exited
    },
  }
}
