import { beforeAll } from 'bun:test'

/** What `make` gives, made once before the tests of this file or `describe`. Call the result in hooks and tests only. */
export function shared<T>(make: () => Promise<T>): () => T {
  let made: { value: T } | null = null
  beforeAll(async () => {
    made = { value: await make() }
  })
  return () => {
    if (!made) throw new Error('what is shared exists only inside hooks and tests')
    return made.value
  }
}
