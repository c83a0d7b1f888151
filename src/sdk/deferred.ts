export interface Deferred<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (reason: unknown) => void
}

/** As `Promise.withResolvers`, which Node 20 and older browsers do not have. */
export function deferred<T>(): Deferred<T> {
  let [resolve, reject]: [(value: T) => void, (reason: unknown) => void] = [() => undefined, () => undefined]
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}

/**
 * 128 random bits. `crypto.randomUUID` does not exist on pages that were loaded without https, and React Native has no
 * `crypto`: there the bits are not secret, and need not be.
 */
export function randomId(): string {
  const bytes = new Uint8Array(16)
  const { crypto } = globalThis as Partial<typeof globalThis>
  if (crypto) crypto.getRandomValues(bytes)
  else bytes.forEach((_, index) => (bytes[index] = Math.random() * 256))
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}
