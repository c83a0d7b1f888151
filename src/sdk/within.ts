import type { CallOptions } from './call-options.ts'
import { ConnectionLost } from './errors.ts'

type Limits = Pick<CallOptions, 'signal' | 'timeout_ms'>

/**
 * Runs work with a signal of its own, which is aborted by `signal` and after `timeout_ms`; the promise rejects at once in both
 * cases. Platforms of the floor have neither `AbortSignal.any` nor `AbortSignal.timeout`.
 */
export function within<T>({ signal, timeout_ms }: Limits, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const inner = new AbortController()
  return new Promise((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const clear = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    }
    const stop = (reason: unknown) => {
      clear()
      reject(reason)
      inner.abort()
    }
    const abort = () => stop(signal && reasonOf(signal))
    if (signal?.aborted) return abort()
    signal?.addEventListener('abort', abort)
    if (timeout_ms !== undefined)
      timer = setTimeout(() => stop(new ConnectionLost(`no answer came within ${timeout_ms} ms`)), timeout_ms)
    run(inner.signal).then(resolve, reject).finally(clear)
  })
}

/** What a call rejects with whose signal was aborted. React Native's signals have no `reason`. */
export function reasonOf({ reason }: AbortSignal): unknown {
  return reason === undefined ? Object.assign(new Error('The call was aborted'), { name: 'AbortError' }) : reason
}
