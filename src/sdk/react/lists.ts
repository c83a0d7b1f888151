import { useMemo } from 'react'
import type { Contact, InputOf, Member, OutputOf, Receipt } from '../index.ts'
import type { Listed, Paged } from '../store/index.ts'
import { useParley } from './provider.ts'
import { useReadable } from './readable.ts'

export type PagedList<T> = Listed<T> & {
  /** Loads the next page. A failure is shown as `error`. */
  loadMore: () => void
}

const NOTHING: Listed<never> = { items: [], more: false, loading: false, error: null }

export function useMembers(conversation_id: string): PagedList<Member> {
  return usePaged(useParley().store.members(conversation_id))
}

/** How far each member has read. */
export function useReceipts(conversation_id: string): PagedList<Receipt> {
  return usePaged(useParley().store.receipts(conversation_id))
}

export function useContacts(): PagedList<Contact> {
  return usePaged(useParley().store.contacts)
}

/** Whom the viewer has blocked. */
export function useBlocked(): PagedList<Contact> {
  return usePaged(useParley().store.blocked)
}

type Query = Omit<InputOf<'search.messages'>, 'start'>
type Hit = OutputOf<'search.messages'>['data'][number]

const NO_SEARCH = { get: () => NOTHING, subscribe: () => () => undefined, more: () => Promise.resolve() }

/** The hits of a search; null searches nothing. */
export function useSearch(query: Query | null): PagedList<Hit> {
  const { store } = useParley()
  const text = JSON.stringify(query)
  // A query of the same content is the same search. Cast: it is what was given.
  const search = useMemo(() => {
    const asked = JSON.parse(text) as Query | null
    return asked ? store.search(asked) : NO_SEARCH
  }, [store, text])
  return usePaged<Hit>(search)
}

function usePaged<T>(list: Pick<Paged<T>, 'get' | 'subscribe' | 'more'>): PagedList<T> {
  const listed = useReadable(list, NOTHING)
  return useMemo(() => ({ ...listed, loadMore: () => void list.more().catch(() => undefined) }), [list, listed])
}
