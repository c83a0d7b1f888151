import { useCallback, useMemo, useState } from 'react'
import type { Conversation, LiveStatus, Preferences, Status, UnreadTotals, User } from '../index.ts'
import type { DraftText, Readable, StoreStatus, Upload, UploadState } from '../store/index.ts'
import { useParley } from './provider.ts'
import { useReadable } from './readable.ts'

const NO_CONVERSATIONS: readonly Conversation[] = []
const NO_USERS: readonly string[] = []
const NO_UNREAD: UnreadTotals = { unread_count: 0, mention_count: 0, unread_conversations: 0 }
const NOT_OPEN: StoreStatus = { state: 'empty', error: null, retry_at: null }
const NOT_CONNECTED: LiveStatus = { state: 'closed', reason: null }
const NO_UPLOAD: Readable<UploadState | null> = { get: () => null, subscribe: () => () => undefined }

export interface ConnectionInfo {
  /** What the live connection does. */
  live: LiveStatus
  /** How far the store is. */
  store: StoreStatus
  /** Tries again now. */
  retry: () => void
}

export function useConnection(): ConnectionInfo {
  const { store, client } = useParley()
  const status = useMemo(
    () => ({
      get: () => client.live.status,
      subscribe: (listener: () => void) => client.live.on('status', listener),
    }),
    [client],
  )
  const live = useReadable(status, NOT_CONNECTED)
  const progress = useReadable(store.status, NOT_OPEN)
  return useMemo(
    () => ({
      live,
      store: progress,
      retry: () => {
        client.live.retry()
        store.open().catch(() => undefined)
      },
    }),
    [live, progress, client, store],
  )
}

/** The conversations, latest activity first. Archived ones are left out unless they are asked for. */
export function useInbox({ archived = false }: { archived?: boolean } = {}): readonly Conversation[] {
  const inbox = useReadable(useParley().store.inbox, NO_CONVERSATIONS)
  return useMemo(() => inbox.filter(({ me }) => (me?.archived ?? false) === archived), [inbox, archived])
}

/** null: it is not loaded, or the viewer is not a member. */
export function useConversation(conversation_id: string): Conversation | null {
  return useReadable(useParley().store.conversation(conversation_id), null)
}

export function useUnread(): UnreadTotals {
  return useReadable(useParley().store.unread, NO_UNREAD)
}

export interface TypingInfo {
  /** Who is typing, without the viewer. */
  user_ids: readonly string[]
  /** To be called at each key: tells the others. */
  typed: () => void
  stopped: () => void
}

export function useTyping(conversation_id: string): TypingInfo {
  const { store } = useParley()
  const user_ids = useReadable(store.typing(conversation_id), NO_USERS)
  return useMemo(
    () => ({
      user_ids,
      typed: () => store.typed(conversation_id),
      stopped: () => store.stoppedTyping(conversation_id),
    }),
    [store, conversation_id, user_ids],
  )
}

/** null: not known yet. */
export function usePresence(user_id: string): Status | null {
  return useReadable(useParley().store.presence(user_id), null)
}

/** null: not loaded yet. */
export function useUser(user_id: string): User | null {
  return useReadable(useParley().store.user(user_id), null)
}

/** null: not loaded yet. */
export function usePreferences(): Preferences | null {
  return useReadable(useParley().store.preferences, null)
}

/** What the viewer has written and not sent, and what sets it. */
export function useDraft(conversation_id: string): [DraftText | null, (draft: DraftText | null) => void] {
  const { store } = useParley()
  const draft = useReadable(store.draft(conversation_id), null)
  const set = useCallback((next: DraftText | null) => store.setDraft(conversation_id, next), [store, conversation_id])
  return [draft, set]
}

export interface UploadInfo {
  /** null: nothing has been uploaded here. */
  upload: UploadState | null
  start: (file: Blob) => Upload
  cancel: () => void
}

/** One upload with its progress. Files of a message are better given to `send`. */
export function useUpload(): UploadInfo {
  const { store } = useParley()
  const [current, setCurrent] = useState<Upload | null>(null)
  const upload = useReadable<UploadState | null>(current ?? NO_UPLOAD, null)
  return useMemo(
    () => ({
      upload,
      start: (file: Blob) => {
        const started = store.upload(file)
        setCurrent(started)
        return started
      },
      cancel: () => current?.cancel(),
    }),
    [store, current, upload],
  )
}
