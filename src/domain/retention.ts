/** What each kind of stored row answers when something ends. A kind without an answer to every question does not compile. */
interface Retention {
  /** Whose it is: that ends when this does. */
  of: 'conversation' | 'user'
  /** The purge of its conversation: removes the row, or leaves it without what it held; `keep`: it holds nothing of one. */
  purge: 'delete' | 'blank' | 'keep'
  /** The sweep: rows with an `expires_at` are removed once it is over. */
  sweep: 'expired' | 'keep'
  /** The section of a user's export that shows it; null where another section holds all of it, or it is about no content. */
  export: 'user' | 'sessions' | 'conversations' | 'messages' | null
  /**
   * The deletion of the user's account: `anonymise` leaves a row without personal data, `end` makes it have no effect any more,
   * `keep` leaves what others share or what expires.
   */
  account: 'anonymise' | 'end' | 'keep'
}

export const RETENTION = {
  user: { of: 'user', purge: 'keep', sweep: 'keep', export: 'user', account: 'anonymise' },
  session: { of: 'user', purge: 'keep', sweep: 'expired', export: 'sessions', account: 'end' },
  /** Opens nothing once its session has ended. */
  ticket: { of: 'user', purge: 'keep', sweep: 'expired', export: null, account: 'keep' },
  cursor: { of: 'user', purge: 'keep', sweep: 'expired', export: null, account: 'keep' },
  /** Its numbers stay, so that nothing is appended under its id again. */
  conversation: { of: 'conversation', purge: 'blank', sweep: 'keep', export: 'conversations', account: 'keep' },
  /** Shown with its conversation, as `me`. A deleted account leaves its groups; a direct conversation keeps both. */
  member: { of: 'conversation', purge: 'delete', sweep: 'keep', export: null, account: 'end' },
  /** Stays attributed to the user whose account was deleted. */
  message: { of: 'conversation', purge: 'delete', sweep: 'keep', export: 'messages', account: 'keep' },
  version: { of: 'conversation', purge: 'delete', sweep: 'keep', export: null, account: 'keep' },
  pin: { of: 'conversation', purge: 'delete', sweep: 'keep', export: null, account: 'keep' },
  mention: { of: 'conversation', purge: 'delete', sweep: 'keep', export: null, account: 'keep' },
  /** Which message a sender's client_id stands for. */
  send: { of: 'conversation', purge: 'delete', sweep: 'keep', export: null, account: 'keep' },
  /** The conversation's entries. */
  log: { of: 'conversation', purge: 'blank', sweep: 'keep', export: null, account: 'keep' },
  /** The entries of users' own streams: `conversation.joined` holds what a conversation was called. */
  'user-stream': { of: 'user', purge: 'blank', sweep: 'keep', export: null, account: 'keep' },
} as const satisfies Record<string, Retention>

export type StoredKind = keyof typeof RETENTION

/** The kinds that give one of these answers: a table over them does not compile when it lacks one. */
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
