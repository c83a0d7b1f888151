import type { ErrorCode } from '../../contracts/errors.ts'
import { CLOSE_CODES } from '../../contracts/socket.ts'
import { Counts, Durations, Keyed } from './counts.ts'

export type Transport = 'rest' | 'trpc' | 'socket'

/** The calls of one operation. */
export class CallCounts {
  readonly durations = new Durations()
  readonly statuses: Readonly<Record<Transport, StatusCounts>> = {
    rest: new StatusCounts(),
    trpc: new StatusCounts(),
    socket: new StatusCounts(),
  }
}

/** By the first digit of the status. */
export class StatusCounts {
  readonly classes = [0, 0, 0, 0, 0, 0]

  add(status: number): void {
    const first = Math.floor(status / 100)
    this.classes[first] = (this.classes[first] ?? 0) + 1
  }
}

/** The calls of one method of a port. */
export class MethodCounts {
  readonly durations = new Durations()
  /** Those that ended in `Unavailable`. */
  failures = 0
}

/** The runs of one job, or of the jobs of one queue. */
export class JobCounts {
  readonly durations = new Durations()
  failures = 0
}

/** Codes that the runtime and clients close sockets with, besides ours. */
const OTHER_CODES = [1000, 1001, 1005, 1006, 1009]
const CODES: ReadonlySet<string> = new Set([...Object.keys(CLOSE_CODES), ...OTHER_CODES.map(String)])

/**
 * What a server has counted since it started, as plain numbers: counting costs little, and `/metrics` makes its text of them
 * when it is asked for. Keys are names of the code, never ids or what a client sent.
 */
export class Measurements {
  readonly calls = new Keyed(() => new CallCounts())
  /** By the template of the path. */
  readonly requests = new Keyed(() => new StatusCounts())
  readonly errors = new Counts<ErrorCode>()
  /** By the policy of the limit. */
  readonly rate_limited = new Counts()
  /** By the name of the event: once, to however many sockets it goes. */
  readonly events = new Counts()
  /** To how many sockets the events went. */
  deliveries = 0
  frames_received = 0
  readonly sockets_closed = new Counts()
  /** By `port:method`. */
  readonly methods = new Keyed(() => new MethodCounts())
  readonly jobs = new Keyed(() => new JobCounts())
  /** By the result. */
  readonly webhook_attempts = new Counts<'delivered' | 'failed' | 'dropped'>()
  bus_losses = 0

  socketClosed(code: number): void {
    const text = String(code)
    this.sockets_closed.add(CODES.has(text) ? text : 'other')
  }

  jobEnded(name: string, ms: number, failed: boolean): void {
    const counts = this.jobs.of(name)
    counts.durations.observe(ms)
    if (failed) counts.failures += 1
  }
}
