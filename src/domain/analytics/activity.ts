/** Which users were active in which of a number of buckets. */
export class Activity {
  readonly #buckets: number
  readonly #marks = new Map<string, Uint8Array>()

  constructor(buckets: number) {
    this.#buckets = buckets
  }

  /** A bucket of -1 is none. */
  mark(user_id: string, bucket: number): void {
    if (bucket < 0) return
    let marks = this.#marks.get(user_id)
    if (!marks) this.#marks.set(user_id, (marks = new Uint8Array(this.#buckets)))
    marks[bucket] = 1
  }

  /** The number of active users in each bucket, of all users or of those given. */
  counts(user_ids?: readonly string[]): number[] {
    const counts = Array.from({ length: this.#buckets }, () => 0)
    const marked = user_ids ? user_ids.flatMap(id => this.#marks.get(id) ?? []) : this.#marks.values()
    for (const marks of marked)
      for (const [bucket, mark] of marks.entries()) counts[bucket] = (counts[bucket] ?? 0) + mark
    return counts
  }
}
