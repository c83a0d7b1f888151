import { z } from 'zod'
import { AppError } from '../contracts/errors.ts'
import { operations, type OperationName } from '../contracts/index.ts'
import { scopeOf, type Scope } from '../contracts/scopes.ts'
import { isBytes, type Operation, type Status } from '../contracts/kit.ts'
import { Callers, checkScope, limitedBy, toIdentity, type Credentials } from './callers.ts'
import { committers } from './commit.ts'
import {
  Conflict,
  type AllHandlers,
  type Caller,
  type Client,
  type Context,
  type Handler,
  type HttpCall,
  type Services,
} from './context.ts'
import type { Identity } from './domain/identity.ts'
import { foldName } from './domain/users.ts'
import { PARSING, fieldErrors } from '../contracts/field-errors.ts'
import { HashQueueFull } from './identity/passwords.ts'
import { isActive } from './identity/session-cache.ts'
import type { Standing } from './limits.ts'
import type { CallCounts, Measurements, Transport } from './metrics/measurements.ts'
import { findFlaw } from './plain-input.ts'
import type { Subscriber } from './ports/presence.ts'
import { Unavailable } from './ports/storage.ts'

/** How often a handler runs in all, if each attempt but the last ends in a conflict. */
const MAX_ATTEMPTS = 5
/** `retry_after` of a 503, in seconds. */
const RETRY_SECONDS = 1
/** Characters of the longest name that an account can have. */
const MAX_NAME = 254
/** The scope that an API key needs for a socket, a subscription or a page of `/sync`. */
const READS_EVENTS: Scope = 'messages:read'

export interface Call {
  name: OperationName
  /** Path, query and body in one flat object, not yet validated; or a function that reads it, called after authentication. */
  input: unknown
  credentials: Credentials
  client: Client
  transport: Transport
  request_id: string
  /** For operations with bytes. Absent on tRPC and the socket. */
  http?: HttpCall
  /** Absent on REST and tRPC. */
  socket?: Subscriber
}

export interface Answer {
  status: Status
  /** null for 204. With `Operation.media` or `http_only` it may be `Bytes`. */
  data: unknown
}

interface Prepared {
  operation: Operation
  /** What an API key needs for it; null: no key may call it. */
  scope: Scope | null
  parse: (input: unknown) => z.ZodSafeParseResult<Record<string, unknown>>
  handler: Handler<Operation>
  counts: CallCounts
}

/**
 * Every call of every transport passes identify → allow → rate limit → read → rate limit of names → parse → handler, in this order
 * (specification, Errors). The names of accounts in a sign-in can be counted only once the body is read. Hooks of a web framework cannot do this: they apply only to routes that are registered after them.
 */
export class Gate {
  readonly #services: Services
  readonly #prepared: ReadonlyMap<string, Prepared>
  /** The prototype of every context: services are shared, not copied for each call. */
  readonly #shared: Services & Pick<Context<Operation>, 'fail'>
  readonly #measurements: Measurements
  readonly #callers: Callers

  constructor(services: Services, handlers: AllHandlers, measurements: Measurements) {
    this.#services = services
    this.#measurements = measurements
    this.#callers = new Callers(services)
    this.#prepared = prepare(handlers, measurements)
    this.#shared = { ...services, fail }
  }

  /** Carries out one call. Rejects with `AppError` only. */
  async call(call: Call): Promise<Answer> {
    const prepared = this.#prepared.get(call.name) ?? never(call.name)
    const begun = performance.now()
    let status = 500
    try {
      const answer = await this.#call(call, prepared)
      status = answer.status
      return answer
    } catch (error) {
      const refusal = this.#refusalOf(error, call.name, call.request_id)
      status = refusal.status
      throw refusal
    } finally {
      prepared.counts.durations.observe(performance.now() - begun)
      prepared.counts.statuses[call.transport].add(status)
    }
  }

  /** The session of the credentials if it is active and may be sent events; rejects with `AppError` otherwise. */
  identify(credentials: Credentials): Promise<Identity> {
    return this.#guarded('identify', null, async () => toIdentity(await this.#reader(credentials)))
  }

  /** As `identify`, and counts a call. For what is not an operation: a page of `/sync`, a subscription, a replay. */
  admit(credentials: Credentials, client: Client | null = null): Promise<Identity> {
    return this.#guarded('admit', null, async () => {
      const caller = await this.#reader(credentials)
      note(client, await this.#services.limits.call(limitedBy(caller)))
      return toIdentity(caller)
    })
  }

  /** As `identify`; rejects with `forbidden` unless the user is an ADMIN. For what is not an operation: `/metrics`. */
  identifyAdmin(credentials: Credentials): Promise<Identity> {
    return this.#guarded('identifyAdmin', null, async () => {
      const caller = await this.#callers.identify(credentials, 'refused')
      checkScope(caller, 'analytics:read')
      if (caller.user.role !== 'ADMIN') throw new AppError('forbidden')
      return toIdentity(caller)
    })
  }

  /**
   * Whether a session may still be sent events: not ended, not expired, and its user not disabled; nor the user whom a key calls
   * as, and the key has the scope.
   */
  isActive(identity: Identity): Promise<boolean> {
    return this.#guarded('isActive', null, async () => {
      if (identity.by_key) return this.#reader(identity).then(() => true, isRefusal)
      const principal = await this.#services.sessionCache.read(identity.session_id)
      return principal !== null && isActive(principal, this.#services.clock())
    })
  }

  /** Turns any error into the one that the caller gets. Its details are logged. */
  toAppError(error: unknown, op: string, request_id: string | null): AppError {
    if (error instanceof AppError) return error
    if (error instanceof HashQueueFull) return new AppError('busy', { retry_after: RETRY_SECONDS })
    if (error instanceof Unavailable) {
      this.#services.logger.warn({ op, request_id, error: error.message }, `${error.dependency} unavailable`)
      return new AppError('unavailable', { retry_after: RETRY_SECONDS })
    }
    this.#services.logger.error({ op, request_id, err: error }, 'call failed')
    return new AppError('internal')
  }

  /** The caller, if events may be sent to it; rejects with `AppError` otherwise. */
  async #reader(credentials: Credentials): Promise<Caller> {
    const caller = await this.#callers.identify(credentials, 'refused')
    checkScope(caller, READS_EVENTS)
    return caller
  }

  async #guarded<T>(op: string, request_id: string | null, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw this.#refusalOf(error, op, request_id)
    }
  }

  #refusalOf(error: unknown, op: string, request_id: string | null): AppError {
    const refusal = this.toAppError(error, op, request_id)
    this.#measurements.errors.add(refusal.code)
    if (refusal.code === 'rate_limited') this.#measurements.rate_limited.add(refusal.details.limit?.policy ?? 'other')
    return refusal
  }

  async #call(call: Call, { operation, scope, parse, handler }: Prepared): Promise<Answer> {
    const caller =
      operation.allow === 'anyone'
        ? null
        : await this.#callers.identify(call.credentials, operation.ended ? 'accepted' : 'refused')
    if (caller) call.client.user_id = caller.id
    if (caller?.key) call.client.key_id = caller.key.id
    checkScope(caller, scope)
    if (caller && Array.isArray(operation.allow) && !operation.allow.includes(caller.user.role))
      throw new AppError('forbidden')
    await this.#countCall(operation, caller, call)
    const given = isReader(call.input) ? await call.input() : call.input
    if (operation.accounts) await this.#countNames(operation.accounts, given, call)
    const flaw = findFlaw(given)
    if (flaw) throw new AppError('validation_failed', { errors: [flaw] })
    const parsed = parse(given)
    if (!parsed.success) throw new AppError('validation_failed', { errors: fieldErrors(parsed.error) })
    const input = resolveMe(parsed.data, caller)
    const context = this.#contextOf(caller, call)
    for (let tries = 1; ; tries += 1) {
      try {
        return toAnswer(operation, await handler(context, input))
      } catch (error) {
        if (!(error instanceof Conflict)) throw error
        if (tries === MAX_ATTEMPTS) throw new AppError('busy', { retry_after: RETRY_SECONDS })
      }
    }
  }

  /** Before the input is read, so that calls above the limit cost little. */
  async #countCall({ limit = 'calls' }: Operation, caller: Caller | null, call: Call): Promise<void> {
    const { limits } = this.#services
    const noting = answered(call)
    if (limit === 'auth')
      note(noting, await (caller ? limits.password(caller.id) : limits.signIn({ address: call.client.network })))
    else if (limit === 'calls' && caller) note(noting, await limits.call(limitedBy(caller)))
  }

  /** Before the input is validated, so that attempts with invalid input count too. */
  async #countNames(accounts: readonly string[], input: unknown, call: Call): Promise<void> {
    for (const name of namesIn(input, accounts)) note(answered(call), await this.#services.limits.signIn({ name }))
  }

  #contextOf(caller: Caller | null, { client, http, socket }: Call): Context<Operation> {
    const own = {
      caller,
      client,
      http: http ?? null,
      socket: socket ?? null,
      ...committers(this.#services.storage.log, caller),
    }
    // Cast: `Context<O>` narrows caller, codes and events per operation; at run time it is one object.
    return Object.assign(Object.create(this.#shared) as object, own) as unknown as Context<Operation>
  }
}

/** false for a caller who was refused; throws any other error again. */
function isRefusal(error: unknown): false {
  if (error instanceof AppError) return false
  throw error
}

function fail(code: AppError['code'], details?: AppError['details']): never {
  throw new AppError(code, details)
}

/** Keeps how a limit stands for the headers of the answer: of several the one that leaves the fewest. */
function note(client: Client | null, standing: Standing | null): void {
  if (client && standing && standing.remaining <= (client.limit?.remaining ?? Infinity)) client.limit = standing
}

/** The client of the request that the call answers; null on a socket, which has one client for all its calls. */
function answered({ transport, client }: Call): Client | null {
  return transport === 'socket' ? null : client
}

function prepare(handlers: AllHandlers, measurements: Measurements): Map<string, Prepared> {
  const prepared = new Map<string, Prepared>()
  for (const [name, operation] of operations()) {
    const [group = '', verb = ''] = name.split('.')
    const schema = z.compile(operation.input)
    // Cast: the typed table of handlers is read by name here; `AllHandlers` has checked each handler.
    const handler = (handlers as unknown as Record<string, Record<string, Handler<Operation>>>)[group]?.[verb]
    if (!handler) throw new Error(`no handler for ${name}`)
    prepared.set(name, {
      operation,
      scope: scopeOf(name, operation),
      parse: input => schema.safeParse(input, PARSING),
      handler,
      counts: measurements.calls.of(name),
    })
  }
  return prepared
}

function toAnswer(operation: Operation, result: unknown): Answer {
  if (isBytes(result)) return { status: result.status, data: result }
  const [status] = operation.status
  if (operation.status.length === 1) return { status, data: status === 204 ? null : result }
  // Cast: with several statuses `Result<O>` makes the handler return a reply.
  const { status: chosen, data } = result as { status: Status; data: unknown }
  return { status: chosen, data }
}

/** `me` stands for the caller wherever a user id is a path parameter. */
function resolveMe(input: Record<string, unknown>, caller: Caller | null): Record<string, unknown> {
  return caller && input['user_id'] === 'me' ? { ...input, user_id: caller.id } : input
}

/** The names of accounts in an input, each once, in the form in which accounts are found by them. */
function namesIn(input: unknown, fields: readonly string[]): Set<string> {
  if (typeof input !== 'object' || input === null) return new Set()
  const given = Object.entries(input).filter(([field]) => fields.includes(field))
  const names = given.flatMap(([, name]) => (typeof name === 'string' ? [name.trim()] : []))
  return new Set(names.filter(name => name.length <= MAX_NAME).map(foldName))
}

function never(name: string): never {
  throw new Error(`operation ${name} is not in the contract`)
}

function isReader(input: unknown): input is () => Promise<unknown> {
  return typeof input === 'function'
}
