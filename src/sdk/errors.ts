import { AppError, ERRORS, toProblem, type ErrorCode, type ErrorDetails, type Problem } from '../../contracts/errors.ts'
import type { OperationName, OperationOf } from '../../contracts/index.ts'
import type { KnownError } from '../../contracts/kit.ts'

/** The codes that an operation can answer. */
export type CodeOf<N extends OperationName> = KnownError<OperationOf<N>>

/** The server refused a call; `problem` is the document it answered. */
export class ParleyError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'ParleyError'
  readonly problem: Problem & { code: C }

  constructor(problem: Problem & { code: C }) {
    super(`${problem.code}: ${problem.detail}`)
    this.problem = problem
  }

  get code(): C {
    return this.problem.code
  }

  get status(): number {
    return this.problem.status
  }

  /** Whether the same call may succeed later. A newer server may use codes that this client does not know. */
  get retryable(): boolean {
    const known: Partial<Record<string, { retryable: boolean }>> = ERRORS
    return known[this.code]?.retryable ?? (this.status === 429 || this.status >= 500)
  }

  /** Seconds until a retry makes sense, if the server said so. */
  get retry_after(): number | undefined {
    return this.problem.retry_after
  }
}

/** The connection ended before an answer came: whether the call was carried out is not known. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost'
}

/** Whether `error` is what operation `_name` answers with one of `codes`; the compiler checks that it can be. */
export function isRefusal<N extends OperationName, C extends CodeOf<N>>(
  error: unknown,
  _name: N,
  ...codes: C[]
): error is ParleyError<C> {
  return error instanceof ParleyError && codes.some(code => code === error.code)
}

/** Whether the same attempt may succeed later: nothing was answered, or the server said so. */
export function passes(error: unknown): boolean {
  return error instanceof ConnectionLost || (error instanceof ParleyError && error.retryable)
}

/** Milliseconds that the server asked us to wait before the next attempt. */
export function askedToWait(error: unknown): number {
  return error instanceof ParleyError ? (error.retry_after ?? 0) * 1_000 : 0
}

/** What this client refuses itself, in the words of the server. */
export function refusal(code: ErrorCode, details: ErrorDetails = {}): ParleyError {
  return new ParleyError(toProblem(new AppError(code, details), ''))
}

/**
 * Somebody between us and the server, or its runtime, answered something that is no problem document. A proxy without its
 * server says 404, a portal 403 or 401: none of that is a word about the call.
 */
export function strangeAnswer(status: number, retry_after?: number): ParleyError | ConnectionLost {
  const code = codeFor(status)
  if (code === null) return new ConnectionLost(`somebody between client and server answered ${status}`)
  const details = retry_after === undefined ? {} : { retry_after }
  return new ParleyError({ ...refusal(code, details).problem, status })
}

/** What needs no document to be understood: no attempt will ever fit, or a later one may. */
function codeFor(status: number): ErrorCode | null {
  if (status === 413 || status === 431) return 'too_large'
  if (status === 429) return 'rate_limited'
  return status >= 500 ? 'unavailable' : null
}
