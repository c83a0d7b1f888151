import { createContext, createElement, useContext, useEffect, type ReactElement, type ReactNode } from 'react'
import type { Client } from '../index.ts'
import type { Store } from '../store/index.ts'

const Context = createContext<Store | null>(null)

export interface ParleyProviderProps {
  /** Made once, outside of components. */
  store: Store
  children?: ReactNode
}

/** Gives the store to the hooks, and opens it. That it cannot be opened is shown by `useConnection`. */
export function ParleyProvider({ store, children }: ParleyProviderProps): ReactElement {
  useEffect(() => {
    // Opening again what is open changes nothing, as in StrictMode.
    store.open().catch(() => undefined)
  }, [store])
  return createElement(Context.Provider, { value: store }, children)
}

/** The store, and the client for everything that has no hook. */
export function useParley(): { store: Store; client: Client } {
  const store = useContext(Context)
  if (!store) throw new Error('a hook of Parley needs a ParleyProvider above it')
  return { store, client: store.client }
}
