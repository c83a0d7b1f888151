import type { Fields } from './request.ts'
import type { List } from './wire-types.ts'
import { reasonOf } from './within.ts'

/** The items of a list, one by one. Pages are fetched when they are needed. */
export type Pages<T> = AsyncIterableIterator<T>

/**
 * Goes through a list from the page of `input` to the end. A page that failed is fetched again by the next `next()`. An object
 * with `next`, because React Native's engine has no async generators.
 */
export function pagesOf<T>(
  fetch: (input: Fields) => Promise<List<T>>,
  input: Fields,
  signal: AbortSignal | undefined,
): Pages<T> {
  let query: Fields | null = input
  let items: T[] = []
  let last: Promise<unknown> = Promise.resolve()
  const seen = new Set<unknown>([input['start']])

  async function step(): Promise<IteratorResult<T, undefined>> {
    while (true) {
      if (signal?.aborted) throw reasonOf(signal)
      for (const value of items.splice(0, 1)) return { done: false, value }
      if (query === null) return { done: true, value: undefined }
      const { data, next_start } = await fetch(query)
      items = [...data]
      query = next_start === null ? null : following(query, next_start)
      if (next_start !== null && seen.has(next_start)) throw new Error('the server answered the same page again')
      seen.add(next_start)
    }
  }
  const iterator = {
    next: () => {
      const result = last.then(step, step)
      last = result
      return result
    },
    return: async (): Promise<IteratorResult<T, undefined>> => {
      items = []
      query = null
      return { done: true, value: undefined }
    },
    // What `for await` of Babel asks for where there is no such symbol.
    [Symbol.asyncIterator ?? '@@asyncIterator']: () => iterator,
  }
  return iterator
}

/** A page around a message continues with newer ones, oldest first. */
function following({ around, ...query }: Fields, start: string): Fields {
  return around === undefined ? { ...query, start } : { ...query, sort: 'asc', start }
}
