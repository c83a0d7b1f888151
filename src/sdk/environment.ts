/**
 * What happens outside the client. `wake`: a user or the machine is back, look at once. `hide`: the page goes into the page
 * cache or the app into the background, close sockets. `show`: it is back.
 */
export type Sign = 'online' | 'offline' | 'wake' | 'hide' | 'show'

/** The part of the Web Locks that is used: `navigator.locks` where it exists. */
export interface Locks {
  request<T>(
    name: string,
    options: { ifAvailable?: boolean; signal?: AbortSignal },
    work: (lock: unknown) => Promise<T>,
  ): Promise<T>
}

/** What other tabs are told; a `BroadcastChannel` of its name. */
export interface Channel {
  post(message: unknown): void
  close(): void
}

/**
 * The platform around the client. The default is what a browser has, of which other platforms have less. An app for React
 * Native gives its own, from AppState and NetInfo.
 */
export interface Environment {
  /** False only if the platform is sure that there is no network. */
  online(): boolean
  /** Reports signs until the returned function is called. */
  listen(sense: (sign: Sign) => void): () => void
  /** Absent: tabs cannot exclude each other. */
  locks?: Locks | undefined
  /** Absent: there are no other tabs to tell. */
  channel?: ((name: string, heard: (message: unknown) => void) => Channel) | undefined
}

const SIGNS: Partial<Record<string, Sign>> = {
  online: 'online',
  offline: 'offline',
  pagehide: 'hide',
  pageshow: 'show',
}

export function browserEnvironment(): Environment {
  const { navigator: platform, document: page } = globalThis as Partial<typeof globalThis>
  return {
    online: () => platform?.onLine !== false,
    locks: platform?.locks,
    // Elsewhere a channel would keep the process alive.
    channel: page && typeof BroadcastChannel === 'function' ? broadcast : undefined,
    listen(sense) {
      // React Native has `window`, but not its listeners.
      const each = (change: 'addEventListener' | 'removeEventListener') => {
        for (const name in SIGNS) (globalThis as Partial<typeof globalThis>)[change]?.(name, heard)
        page?.[change]('visibilitychange', heard)
      }
      const heard = ({ type }: Event) => {
        const sign = SIGNS[type]
        if (sign) sense(sign)
        else if (page?.visibilityState === 'visible') sense('wake')
      }
      each('addEventListener')
      return () => each('removeEventListener')
    },
  }
}

function broadcast(name: string, listener: (message: unknown) => void): Channel {
  const channel = new BroadcastChannel(name)
  channel.onmessage = ({ data }) => listener(data)
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- channels have no origin argument
  return { post: message => channel.postMessage(message), close: () => channel.close() }
}
