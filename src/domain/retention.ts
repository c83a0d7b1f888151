/** What happens to each kind of stored row when something ends. A kind that lacks a field does not compile. */
interface Retention {
  /** The owner of the row: it ends with its owner. */
  of: 'conversation' | 'user'
  /** At the purge of its conversation: remove the row, or blank it. `keep`: it contains nothing of a conversation. */
  purge: 'delete' | 'blank' | 'keep'
  /** At a sweep: remove rows whose `expires_at` has passed. */
  sweep: 'expired' | 'keep'
  /** The section of a user's export that contains it. null: another section has all of it, or it has no content of a user. */
  export:
    | 'user'
    | 'preferences'
    | 'status'
    | 'sessions'
    | 'contacts'
    | 'devices'
    | 'conversations'
    | 'invites'
    | 'messages'
    | 'files'
    | null
  /**
   * At the deletion of the user's account: `anonymise` removes personal data from the row; `end` makes the row
   * ineffective (a session, a membership in a group); `keep` leaves rows that other users read too, and rows that expire.
   */
  account: 'anonymise' | 'end' | 'keep'
}

export const RETENTION = {
  user: { of: 'user', purge: 'keep', sweep: 'keep', export: 'user', account: 'anonymise' },
  session: { of: 'user', purge: 'keep', sweep: 'expired', export: 'sessions', account: 'end' },
  /** Has no effect after its session has ended. */
  ticket: { of: 'user', purge: 'keep', sweep: 'expired', export: null, account: 'keep' },
  /** What an ADMIN has named it, and the hash of its secret. */
  'api-key': { of: 'user', purge: 'keep', sweep: 'expired', export: null, account: 'end' },
  /** What an ADMIN has set up. It stays when the account of that ADMIN is deleted. */
  webhook: { of: 'user', purge: 'keep', sweep: 'keep', export: null, account: 'keep' },
  /** Ids and numbers of an event; what is sent is read from the log at each attempt. */
  'webhook-delivery': { of: 'user', purge: 'keep', sweep: 'expired', export: null, account: 'keep' },
  /** On MongoDB a removed row is marked, and the sweep removes it later. */
  contact: { of: 'user', purge: 'keep', sweep: 'keep', export: 'contacts', account: 'end' },
  cursor: { of: 'user', purge: 'keep', sweep: 'expired', export: null, account: 'keep' },
  /** A deleted account has the defaults. */
  preferences: { of: 'user', purge: 'keep', sweep: 'keep', export: 'preferences', account: 'end' },
  status: { of: 'user', purge: 'keep', sweep: 'keep', export: 'status', account: 'end' },
  /** A removed one stays without its target until it expires. */
  device: { of: 'user', purge: 'keep', sweep: 'expired', export: 'devices', account: 'end' },
  /** What was pushed to a device: ids and numbers. */
  pushed: { of: 'user', purge: 'keep', sweep: 'expired', export: null, account: 'keep' },
  /**
   * Numbers of messages by ids and time. Those of a purged conversation are taken out by the follower of analytics. A deleted account
   * keeps its numbers, as it keeps its messages.
   */
  rollup: { of: 'user', purge: 'keep', sweep: 'keep', export: null, account: 'keep' },
  /** Its text is an ADMIN's, sent to others. */
  notice: { of: 'user', purge: 'keep', sweep: 'expired', export: null, account: 'keep' },
  'notice-outcome': { of: 'user', purge: 'keep', sweep: 'expired', export: null, account: 'keep' },
  /** A file that is not whole yet. The job of uploads removes it with its parts, at the latest a day after the last of them. */
  upload: { of: 'user', purge: 'keep', sweep: 'keep', export: null, account: 'keep' },
  /** Queued work. Its payload contains ids only; what they name is looked up when it is carried out. */
  job: { of: 'user', purge: 'keep', sweep: 'expired', export: null, account: 'keep' },
  /** Its numbers stay, so that its id cannot be used again. */
  conversation: { of: 'conversation', purge: 'blank', sweep: 'keep', export: 'conversations', account: 'keep' },
  /**
   * Shown with its conversation, as `me`. On MongoDB a purge marks the row as left and the sweep removes it later. A deleted account leaves its groups; a direct conversation keeps both.
   */
  member: { of: 'conversation', purge: 'delete', sweep: 'keep', export: null, account: 'end' },
  /** Kept after it has ended, so that its code is known. */
  invite: { of: 'conversation', purge: 'delete', sweep: 'keep', export: 'invites', account: 'end' },
  /** Stays attributed to the user whose account was deleted. */
  message: { of: 'conversation', purge: 'delete', sweep: 'keep', export: 'messages', account: 'keep' },
  version: { of: 'conversation', purge: 'delete', sweep: 'keep', export: null, account: 'keep' },
  pin: { of: 'conversation', purge: 'delete', sweep: 'keep', export: null, account: 'keep' },
  mention: { of: 'conversation', purge: 'delete', sweep: 'keep', export: null, account: 'keep' },
  /** The message of a sender's client_id. */
  send: { of: 'conversation', purge: 'delete', sweep: 'keep', export: null, account: 'keep' },
  /** A message or a conversation refers to a file. What is released by a purge is removed by the job of files. */
  reference: { of: 'conversation', purge: 'delete', sweep: 'keep', export: null, account: 'keep' },
  /** Unreferenced ones are removed by the job of files, which removes the bytes too. Others are shown in conversations. */
  file: { of: 'user', purge: 'keep', sweep: 'keep', export: 'files', account: 'end' },
  /** Who has deleted a file, so that deleting it again is answered alike. */
  'deleted-file': { of: 'user', purge: 'keep', sweep: 'expired', export: null, account: 'keep' },
  /** The conversation's entries. */
  log: { of: 'conversation', purge: 'blank', sweep: 'keep', export: null, account: 'keep' },
  /**
   * The entries of user streams: `conversation.joined` contains the name of a conversation, and `contact.*` the profile of a user,
   * which is taken out of the streams of others when that account is deleted.
   */
  'user-stream': { of: 'user', purge: 'blank', sweep: 'keep', export: null, account: 'anonymise' },
} as const satisfies Record<string, Retention>

export type StoredKind = keyof typeof RETENTION

/** The kinds with one of these values. A table over them that lacks a kind does not compile. */
export type KindsThat<Question extends keyof Retention, Answer extends Retention[Question]> = {
  [K in StoredKind]: (typeof RETENTION)[K][Question] extends Answer ? K : never
}[StoredKind]

/** The same as values, in the order of the table. */
export function kindsThat<Question extends keyof Retention, Answer extends Retention[Question]>(
  question: Question,
  ...answers: readonly Answer[]
): KindsThat<Question, Answer>[] {
  const kinds = Object.entries(RETENTION).filter(([, row]) => answers.some(answer => answer === row[question]))
  // The keys of the table whose answer is one of these.
  return kinds.map(([kind]) => kind) as KindsThat<Question, Answer>[]
}

export type PurgedKind = KindsThat<'purge', 'delete' | 'blank'>
export type SweptKind = KindsThat<'sweep', 'expired'>
export type EndedKind = KindsThat<'account', 'anonymise' | 'end'>
export type ExportSection = Exclude<Retention['export'], null>
