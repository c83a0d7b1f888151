import type { Channel, Environment, Locks, Sign } from '../../src/sdk/index.ts'

/** An environment whose signs the test gives. */
export interface StandIn extends Environment {
  /** What `online()` says. */
  up: boolean
  readonly listeners: number
  sense(sign: Sign): void
}

export function standIn(parts: Pick<Environment, 'locks' | 'channel'> = {}): StandIn {
  const listeners = new Set<(sign: Sign) => void>()
  return {
    ...parts,
    up: true,
    online() {
      return this.up
    },
    get listeners() {
      return listeners.size
    },
    listen(sense) {
      listeners.add(sense)
      return () => void listeners.delete(sense)
    },
    sense(sign) {
      if (sign === 'online' || sign === 'offline') this.up = sign === 'online'
      for (const sense of listeners) sense(sign)
    },
  }
}

/** Locks as those of a browser, for tabs that are clients of one test. `held` are the names of now. */
export function locksOfTabs(): Locks & { readonly held: ReadonlySet<string> } {
  const held = new Set<string>()
  const waiting: { name: string; grant: () => void }[] = []
  const next = (name: string) => {
    const index = waiting.findIndex(each => each.name === name)
    if (index >= 0) waiting.splice(index, 1)[0]?.grant()
  }
  return {
    held,
    async request(name, { ifAvailable = false, signal }, work) {
      if (held.has(name)) {
        if (ifAvailable) return work(null)
        await new Promise<void>((grant, refuse) => {
          waiting.push({ name, grant })
          signal?.addEventListener('abort', () => {
            waiting.splice(0, waiting.length, ...waiting.filter(each => each.grant !== grant))
            refuse(signal.reason)
          })
        })
      }
      held.add(name)
      return work({ name }).finally(() => {
        held.delete(name)
        next(name)
      })
    },
  }
}

/** Channels between the clients of one test. */
export function channelsOfTabs(): (name: string, heard: (message: unknown) => void) => Channel {
  const open = new Set<{ name: string; heard: (message: unknown) => void }>()
  return (name, heard) => {
    const own = { name, heard }
    open.add(own)
    return {
      post(message) {
        for (const other of open) if (other !== own && other.name === name) queueMicrotask(() => other.heard(message))
      },
      close: () => void open.delete(own),
    }
  }
}
