import { z } from 'zod'
import { AppError, type FieldError } from '../contracts/errors.ts'
import { contract, operations, type OperationName } from '../contracts/index.ts'
import type { Operation, Status } from '../contracts/kit.ts'
import { Moved, committers } from './commit.ts'
import type { AllHandlers, Caller, Client, Context, Handler, Services } from './context.ts'
import { HashQueueFull } from './identity/passwords.ts'
import type { Principal } from './identity/principals.ts'
import type { Limits } from './limits.ts'
import { Unavailable } from './ports/storage.ts'

/** How often a handler decides again when what it saw has moved. */
const MOST_ATTEMPTS = 5
/** Seconds after which a 503 is worth a retry. */
const RETRY_SECONDS = 1

/** What proves who calls: a bearer token, or the session that a socket or ticket was opened with. */
export type Credentials = { token: string } | { session_id: string; expires_at: string } | null

export interface Call {
  name: OperationName
  /** Path, query and body in one flat object, not yet validated; or how to read it, once the caller may be heard at all. */
  input: unknown
  credentials: Credentials
  client: Client
  request_id: string
}

export interface Answer {
  status: Status
  /** null for 204. */
  data: unknown
}

export interface Dispatch {
  /** Carries out one call. Rejects with `AppError` only. */
  (call: Call): Promise<Answer>
  /** Who holds the credentials now; rejects with `AppError`. */
  identify(credentials: Credentials): Promise<Caller>
  /** Whether a session is in force: not ended, not expired, its user not disabled. */
  stands(session_id: string): Promise<boolean>
}

interface Prepared {
  operation: Operation
  parse: (input: unknown) => z.ZodSafeParseResult<Record<string, unknown>>
  handler: Handler<Operation>
}

/**
 * The gate: every call of every transport goes identify → allow → rate limit → parse → handler, in this order (SPEC, Errors).
 * Hooks of a web framework are no gate: they guard only the routes registered after them.
 */
export function openDispatch(services: Services, handlers: AllHandlers, limits: Limits): Dispatch {
  const prepared = prepare(handlers)

  async function identify(credentials: Credentials, ended: 'refused' | 'accepted' = 'refused'): Promise<Caller> {
    const now = services.clock()
    const claims =
      credentials && 'token' in credentials ? await services.tokens.verifyAccess(credentials.token, now) : credentials
    const principal = claims && (await services.principals.find(claims.session_id))
    if (!claims || !principal) throw new AppError('unauthenticated')
    const { user, session } = principal
    if (!inForce(principal, now) && ended === 'refused') throw new AppError('unauthenticated')
    return { id: user.id, user, session, token_expires_at: claims.expires_at }
  }

  /** Counts the call and gives its input, which names the account of a sign-in. */
  async function admit(operation: Operation, call: Call, caller: Caller | null): Promise<unknown> {
    if (caller && operation.limit === 'auth') await limits.signIn([`user:${caller.id}`])
    else if (caller && operation.limit !== 'none') await limits.call(caller.id)
    const input = isReader(call.input) ? await call.input() : call.input
    if (!caller && operation.limit === 'auth')
      await limits.signIn([`address:${call.client.address}`, ...accounts(input)])
    return input
  }

  async function attempt(call: Call): Promise<Answer> {
    const { operation, parse, handler } = prepared.get(call.name) ?? never(call.name)
    const caller =
      operation.allow === 'anyone' ? null : await identify(call.credentials, operation.ended ? 'accepted' : 'refused')
    if (caller && Array.isArray(operation.allow) && !operation.allow.includes(caller.user.role))
      throw new AppError('forbidden')
    const parsed = parse(await admit(operation, call, caller))
    if (!parsed.success) throw new AppError('validation_failed', { errors: fieldErrors(parsed.error) })
    const input = resolveMe(parsed.data, caller)
    for (let tries = 1; ; tries += 1) {
      try {
        const result = await handler(contextOf(services, caller, call.client), input)
        return toAnswer(operation, result)
      } catch (error) {
        if (!(error instanceof Moved)) throw error
        if (tries === MOST_ATTEMPTS) throw new AppError('busy', { retry_after: RETRY_SECONDS })
      }
    }
  }

  const dispatch = async (call: Call): Promise<Answer> => {
    try {
      return await attempt(call)
    } catch (error) {
      throw toAppError(error, call, services)
    }
  }
  return Object.assign(dispatch, {
    identify: (credentials: Credentials) => identify(credentials),
    async stands(session_id: string) {
      const principal = await services.principals.find(session_id)
      return principal !== null && inForce(principal, services.clock())
    },
  })
}

function inForce({ user, session }: Principal, now: Date): boolean {
  return !user.disabled && !user.deleted && session.revoked_at === null && session.expires_at > now.toISOString()
}

function prepare(handlers: AllHandlers): Map<string, Prepared> {
  const prepared = new Map<string, Prepared>()
  for (const [name, operation] of operations()) {
    const [group = '', verb = ''] = name.split('.')
    const schema = z.compile(operation.input)
    // The one place where the typed table of handlers is read by name; `AllHandlers` has checked each of them.
    const handler = (handlers as unknown as Record<string, Record<string, Handler<Operation>>>)[group]?.[verb]
    if (!handler) throw new Error(`no handler for ${name}`)
    prepared.set(name, { operation, parse: input => schema.safeParse(input), handler })
  }
  return prepared
}

function contextOf(services: Services, caller: Caller | null, client: Client): Context<Operation> {
  const { commit, commitOwn } = committers(services.storage.log, caller)
  const { ephemeral, ...rest } = services
  const fail = (code: AppError['code'], details?: AppError['details']): never => {
    throw new AppError(code, details)
  }
  // What `Context<O>` narrows per operation (caller, codes, events) is one object at run time.
  return { ...rest, caller, client, fail, commit, commitOwn, publish: ephemeral } as unknown as Context<Operation>
}

function toAnswer(operation: Operation, result: unknown): Answer {
  const [status] = operation.status
  if (operation.status.length === 1) return { status, data: status === 204 ? null : result }
  // Several statuses: `Result<O>` made the handler return a reply.
  const { status: chosen, data } = result as { status: Status; data: unknown }
  return { status: chosen, data }
}

function toAppError(error: unknown, call: Call, { log }: Services): AppError {
  if (error instanceof AppError) return error
  if (error instanceof HashQueueFull) return new AppError('busy', { retry_after: RETRY_SECONDS })
  if (error instanceof Unavailable) {
    log.warn({ op: call.name, request_id: call.request_id, error: error.message }, 'storage unavailable')
    return new AppError('unavailable', { retry_after: RETRY_SECONDS })
  }
  log.error({ op: call.name, request_id: call.request_id, err: error }, 'call failed')
  return new AppError('internal')
}

/** Which fields are wrong and why, never what stood in them. */
function fieldErrors(error: z.ZodError): FieldError[] {
  return error.issues.flatMap(issue => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map(key => ({ path: [...issue.path, key.slice(0, 64)].join('.'), message: 'unknown field' }))
    return [{ path: issue.path.join('.'), message: issue.message }]
  })
}

/** `me` stands for the caller wherever a user id is a path parameter. */
function resolveMe(input: Record<string, unknown>, caller: Caller | null): Record<string, unknown> {
  return caller && input['user_id'] === 'me' ? { ...input, user_id: caller.id } : input
}

/** The account names of a sign-in, before they are validated: what is counted is the attempt. */
function accounts(input: unknown): string[] {
  if (typeof input !== 'object' || input === null) return []
  const { username, email } = input as { username?: unknown; email?: unknown }
  return [username, email]
    .filter(name => typeof name === 'string')
    .map(name => `account:${name.toLowerCase().slice(0, 254)}`)
}

function never(name: string): never {
  throw new Error(`operation ${name} is not in the contract`)
}

function isReader(input: unknown): input is () => Promise<unknown> {
  return typeof input === 'function'
}

/** Whether a name is one of the contract's operations. */
export function isOperation(name: string): name is OperationName {
  const [group = '', verb = '', ...rest] = name.split('.')
  return (
    rest.length === 0 && Object.hasOwn(contract, group) && Object.hasOwn(contract[group as keyof typeof contract], verb)
  )
}
