import { useMemo } from 'react'
import type { Draft } from '../index.ts'
import type { Shown, Store, Timeline } from '../store/index.ts'
import { useParley } from './provider.ts'
import { useReadable } from './readable.ts'

const NOTHING: Shown = { items: [], older: false, newer: false, loading: false, error: null }

/** What `useMessages` gives besides what is shown. Failures of loading are shown as `error`. */
export interface MessageActions {
  loadOlder: () => void
  loadNewer: () => void
  /** Shows the messages around one. */
  jump: (message_id: string) => void
  /** Shows the newest messages. */
  latest: () => void
  /** Sends a message, with files that are uploaded first; returns the `key` of its item. */
  send: (draft: string | Omit<Draft, 'conversation_id'>, files?: readonly Blob[]) => string
  /** Sends a failed message again. */
  retry: (key: string) => void
  /** Gives up a failed message. */
  discard: (key: string) => void
  edit: Store['edit']
  remove: Store['delete']
  react: Store['react']
  /** Marks as read, up to a message or all. */
  read: (seq?: number) => void
}

/** The messages of a conversation: at its end, or around a message. What is missing is loaded while they are shown. */
export function useMessages(conversation_id: string, { around }: { around?: string } = {}): Shown & MessageActions {
  const { store } = useParley()
  const view = store.messages(conversation_id, around)
  const shown = useReadable(view, NOTHING)
  const actions = useMemo(() => actionsOf(store, view), [store, view])
  return useMemo(() => ({ ...shown, ...actions }), [shown, actions])
}

function actionsOf(store: Store, view: Timeline): MessageActions {
  const { conversation_id } = view
  const shows = (load: Promise<void>) => void load.catch(() => undefined)
  return {
    loadOlder: () => shows(view.older()),
    loadNewer: () => shows(view.newer()),
    jump: message_id => shows(view.jump(message_id)),
    latest: () => shows(view.latest()),
    send: (draft, files) =>
      store.send({ ...(typeof draft === 'string' ? { content: draft } : draft), conversation_id }, files),
    retry: key => store.retry(key),
    discard: key => store.discard(key),
    edit: (message, patch) => store.edit(message, patch),
    remove: message => store.delete(message),
    react: (message, emoji, added) => store.react(message, emoji, added),
    read: seq => store.read(conversation_id, seq),
  }
}
