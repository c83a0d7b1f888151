import { ERRORS } from './generated/error-table.ts'
import type { CodeOf, ErrorCode, FieldError, OperationName, Problem } from './wire-types.ts'

/** An error that the server answered; `problem` is its problem document. */
export class ParleyError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'ParleyError'
  readonly problem: Problem & { code: C }
  /** The operation that was called; null if it was none. */
  readonly operation: OperationName | null

  constructor(problem: Problem & { code: C }, operation: OperationName | null = null) {
    const { code, detail, errors } = problem
    const fields = errors.map(({ path, message }) => `; ${path}: ${message}`).join('')
    super(`${operation === null ? '' : `${operation}: `}${code}: ${detail}${fields}`)
    this.problem = problem
    this.operation = operation
  }

  get code(): C {
    return this.problem.code
  }

  get status(): number {
    return this.problem.status
  }

  /** Whether the same call may succeed later. For codes that this client does not know it is decided by the status. */
  get retryable(): boolean {
    return rowOf(this.code)?.[1] ?? (this.status === 429 || this.status >= 500)
  }

  /** The wrong fields of the input, each with the rule that it breaks. */
  get errors(): readonly FieldError[] {
    return this.problem.errors
  }

  /** The id under which the server logs the call. */
  get request_id(): string {
    return this.problem.request_id
  }

  /** Seconds to wait before a retry, if the server named them. */
  get retry_after(): number | undefined {
    return this.problem.retry_after
  }
}

/** The connection ended before an answer came. It is not known whether the call was carried out. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost'
}

/** A proxy answered in place of the server. */
export class ProxyAnswered extends ConnectionLost {}

/** Whether `error` is one of `codes` of operation `_name`. Codes that the operation does not have do not compile. */
export function isRefusal<N extends OperationName, C extends CodeOf<N>>(
  error: unknown,
  _name: N,
  ...codes: C[]
): error is ParleyError<C> {
  return error instanceof ParleyError && codes.some(code => code === error.code)
}

/**
 * The error as one of operation `name`, whose codes are a closed union: a `switch` over `code` can be complete. null for any
 * other error, and for a code of a newer server.
 */
export function refusalOf<N extends OperationName>(error: unknown, name: N): ParleyError<CodeOf<N>> | null {
  if (!(error instanceof ParleyError) || error.operation !== name) return null
  // Cast: the server answers an operation with the codes of the contract.
  return rowOf(String(error.code)) ? (error as ParleyError<CodeOf<N>>) : null
}

/** Whether the same attempt may succeed later: no answer came, or the answer says so. */
export function passes(error: unknown): boolean {
  return error instanceof ConnectionLost || (error instanceof ParleyError && error.retryable)
}

/** Milliseconds to wait before the next attempt, as the server asked. */
export function askedToWait(error: unknown): number {
  return error instanceof ParleyError ? (error.retry_after ?? 0) * 1_000 : 0
}

/** An error that this client raises itself, in the form of the server's. */
export function refusal(code: ErrorCode, { detail = code, retry_after }: Partial<Problem> = {}): ParleyError {
  const [status = 0] = rowOf(code) ?? []
  const type = `urn:parley:error:${code}`
  return new ParleyError({ type, title: detail, status, code, detail, errors: [], request_id: '', retry_after })
}

/** The status of a code and whether it is retryable; null for a code of a newer server. */
function rowOf(code: string): [status: number, retryable: boolean] | null {
  for (const line of ERRORS.split('\n')) {
    const [head = '', ...codes] = line.split(' ')
    if (codes.includes(code)) return [Number.parseInt(head), head.endsWith('!')]
  }
  return null
}

/**
 * The error of an answer that is not a problem document. It comes from a proxy or from the server's runtime. A proxy without
 * its server answers 404, a captive portal 403 or 401: such an answer does not say whether the call was carried out.
 */
export function strangeAnswer(status: number, retry_after?: number): ParleyError | ConnectionLost {
  const code = codeFor(status)
  const detail = `a proxy answered ${status} in place of the server`
  if (code === null) return new ProxyAnswered(detail)
  return new ParleyError({ ...refusal(code, { detail, retry_after }).problem, status })
}

/** Statuses whose meaning is clear without a problem document. */
function codeFor(status: number): ErrorCode | null {
  if (status === 413 || status === 431) return 'too_large'
  if (status === 429) return 'rate_limited'
  return status >= 500 ? 'unavailable' : null
}

export function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error), { cause: error })
}
