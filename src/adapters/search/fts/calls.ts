import type { IndexChange, SearchHit, SearchRequest } from '../../../ports/search.ts'
import type { Difference } from './writer.ts'

/** What the writing Worker does. */
export interface WriteCalls {
  /** Gives the file of the index; null if there is none. */
  open(place: { folder: string; epoch: string }): string | null
  apply(changes: readonly IndexChange[]): void
  begin(): void
  fill(changes: readonly IndexChange[]): void
  /** Gives the file of the new index. The earlier file stays until `clean`. */
  finish(): string
  clean(): void
  discard(): void
  close(): void
}

/** Thousands of conversations are posted as one text, which costs a small part of a list of objects. */
export interface PostedRequest extends Omit<SearchRequest, 'conversations'> {
  /** Ids with a space between. */
  conversations: string
  /** How many messages they have. */
  messages: number
}

/** What the searching Worker does. */
export interface SearchCalls {
  use(file: string): void
  learn(difference: Difference): void
  search(request: PostedRequest): SearchHit[]
  close(): void
}

export type Calls = WriteCalls & SearchCalls

export interface Request {
  id: number
  name: keyof Calls
  argument: unknown
}

/** The answer of a call, or a report without one. */
export type Answer =
  { id: number; result: unknown } | { id: number; error: string; corrupt: boolean } | { difference: Difference }
