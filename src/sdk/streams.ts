import { MAX_POSITIONS } from './generated/limits.ts'
import type { Ready } from './live-events.ts'
import type { EventFrame } from './wire-types.ts'

export interface Resume {
  epoch: string
  positions: Record<string, number>
}

/**
 * The position in each stream. A stream is in one of two states: following (the next event is position + 1), or resuming
 * (a replay from the position was requested; events that do not follow are dropped, because the replay has them).
 */
export class Streams {
  readonly #positions = new Map<string, number>()
  /** The streams of each unanswered `resume`, oldest first. */
  #resuming: ReadonlySet<string>[] = []
  #epoch: string | null = null
  #user_id: string | null = null

  get positions(): ReadonlyMap<string, number> {
    return this.#positions
  }

  /** Whether a replay was requested and has not ended. */
  get replaying(): boolean {
    return this.#resuming.length > 0
  }

  /** Begins with the positions of an earlier start. */
  restore(user_id: string, epoch: string, positions: Iterable<readonly [string, number]>): void {
    this.#user_id = user_id
    this.#epoch = epoch
    for (const [stream, change] of positions) this.#positions.set(stream, change)
  }

  /** Never goes back. */
  track(stream: string, change: number): void {
    this.#positions.set(stream, Math.max(change, this.#positions.get(stream) ?? 0))
  }

  forget(stream: string): void {
    this.#positions.delete(stream)
  }

  /** The positions to resume from on a new socket of this user. Positions of another user are dropped. */
  begin(user_id: string): Resume[] {
    if (this.#user_id !== user_id) this.#positions.clear()
    this.#user_id = user_id
    this.#resuming = []
    const known = [...this.#positions]
    const resumes: Resume[] = []
    for (let index = 0; index < known.length; index += MAX_POSITIONS) {
      const resume = this.#resume(known.slice(index, index + MAX_POSITIONS))
      if (resume) resumes.push(resume)
    }
    return resumes
  }

  /**
   * Drops positions of another epoch; the server answers each of those streams with `resync`. Begins where the server does in
   * streams without a position, so that what is missed before the first event of one is replayed, too.
   */
  ready({ epoch, user, change, heads = {} }: Pick<Ready, 'epoch' | 'user' | 'change' | 'heads'>): void {
    if (this.#epoch !== null && this.#epoch !== epoch) this.#positions.clear()
    this.#epoch = epoch
    for (const [stream, head] of [[user.id, change] as const, ...Object.entries(heads)])
      if (!this.#positions.has(stream)) this.#positions.set(stream, head)
  }

  /** Whether the event follows. If events are missing before it: the position to resume from, once. */
  take(frame: EventFrame): 'next' | 'drop' | Resume {
    const { stream, change } = frame
    if (stream === undefined || change === undefined) return 'next'
    const position = this.#positions.get(stream)
    if (position === undefined || change === position + 1) {
      this.#positions.set(stream, change)
      // The own stream says where the stream of a conversation begins and ends.
      if (frame.event === 'conversation.joined')
        this.track(frame.data.conversation.id, frame.data.conversation.last_change)
      if (frame.event === 'conversation.left') this.forget(frame.data.conversation_id)
      // It may come after that, because the two streams are not ordered with each other.
      if (this.#ends(frame)) this.forget(stream)
      return 'next'
    }
    if (change <= position || this.#resuming.some(streams => streams.has(stream))) return 'drop'
    return this.#resume([[stream, position]]) ?? 'drop'
  }

  /** Whether no event of this stream follows for the user. */
  #ends(frame: EventFrame): boolean {
    if (frame.event === 'conversation.deleted') return true
    return frame.event === 'member.removed' && this.#user_id !== null && frame.data.user_ids.includes(this.#user_id)
  }

  resync(stream: string, change: number): void {
    this.#positions.set(stream, change)
  }

  resumed(): void {
    this.#resuming.shift()
  }

  #resume(part: readonly (readonly [string, number])[]): Resume | null {
    if (this.#epoch === null) return null
    this.#resuming.push(new Set(part.map(([stream]) => stream)))
    return { epoch: this.#epoch, positions: Object.fromEntries(part) }
  }
}
