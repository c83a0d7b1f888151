import { Redis } from 'ioredis'

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
