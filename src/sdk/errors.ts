import { AppError, ERRORS, toProblem, type ErrorCode, type Problem } from '../../contracts/errors.ts'

/** The server refused a call; `problem` is the document it answered. */
export class ParleyError extends Error {
  override readonly name = 'ParleyError'
  readonly problem: Problem

  constructor(problem: Problem) {
    super(`${problem.code}: ${problem.detail}`)
    this.problem = problem
  }

  get code(): ErrorCode {
    return this.problem.code
  }

  get status(): number {
    return this.problem.status
  }

  /** Whether the same call may succeed later. */
  get retryable(): boolean {
    return ERRORS[this.code].retryable
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

/** Somebody between us and the server answered something that is no problem document. */
export function strangeAnswer(status: number): ParleyError {
  const code =
    status === 401 ? 'unauthenticated' : status === 429 ? 'rate_limited' : status >= 500 ? 'unavailable' : 'malformed'
  return new ParleyError({ ...toProblem(new AppError(code), ''), status })
}
