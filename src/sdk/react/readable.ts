import { useCallback, useSyncExternalStore } from 'react'
import type { Readable } from '../store/index.ts'

/** The value of a part of the store, now and after each change. `server` is shown until a page that a server rendered is live. */
export function useReadable<T>(readable: Readable<T>, server: T): T {
  const subscribe = useCallback((listener: () => void) => readable.subscribe(listener), [readable])
  const get = useCallback(() => readable.get(), [readable])
  return useSyncExternalStore(subscribe, get, () => server)
}
