import type { Scope, Sheet } from '../domain/analytics/sheets.ts'

/**
 * The roll-ups of analytics. They contain ids and numbers only. Adding is all or nothing and has its effect once, so that a
 * follower that gets entries twice counts them once.
 */
export interface Rollups {
  /** How far each stream is counted, 0 where nothing is. The version changes with every `add`. */
  state(streams: readonly string[]): Promise<RollupState>
  /**
   * Adds the numbers of the sheets, which may be negative, and moves the streams. false: another `add` was faster than the version,
   * and nothing was changed. A sheet without numbers is removed. A batch that was interrupted by a crash is completed by the next
   * call of `state`; reads may see parts of it until then.
   */
  add(batch: RollupBatch): Promise<boolean>
  /** Sheets of one scope in these months, in no particular order; none where there are no messages. */
  sheets(scope: Scope, months: readonly string[]): Promise<Sheet[]>
  /**
   * The sheets of all senders in a conversation, or of all conversations of a sender, in one month. `of`, the id of that
   * conversation or sender, may be empty: all. By the id after `after`, exclusive.
   */
  sheetsBy(by: Dimension, of: string, month: string, after: string, limit: number): Promise<Sheet[]>
  /** As `sheetsBy`, summed up over whole months: the numbers of messages by id. */
  totalsBy(by: Dimension, of: string, from_month: string, to_month: string): Promise<Map<string, number>>
  /** Sheets of a conversation and a sender each, at most `limit`; none if the conversation has no numbers. */
  ofConversation(conversation_id: string, limit: number): Promise<Sheet[]>
}

export type Dimension = 'conversation' | 'sender'

export interface RollupState {
  version: number
  counted: Map<string, number>
}

export interface RollupBatch {
  /** That of the state on which the batch is based. */
  version: number
  counted: readonly { stream: string; change: number }[]
  /** At most one for each scope and month. */
  sheets: readonly Sheet[]
}
