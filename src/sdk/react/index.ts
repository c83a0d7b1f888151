/** Hooks for React 18 and later over the store of the client. */
export {
  useConnection,
  useConversation,
  useDraft,
  useInbox,
  usePreferences,
  usePresence,
  useTyping,
  useUnread,
  useUpload,
  useUser,
  type ConnectionInfo,
  type TypingInfo,
  type UploadInfo,
} from './hooks.ts'
export { useBlocked, useContacts, useMembers, useReceipts, useSearch, type PagedList } from './lists.ts'
export { useMessages, type MessageActions } from './messages.ts'
export { ParleyProvider, useParley, type ParleyProviderProps } from './provider.ts'
export { useReadable } from './readable.ts'
