import type { ErrorDetails } from '../contracts/errors.ts'
import type { DurableEvent, EphemeralEvent, EventData, UserEvent } from '../contracts/events.ts'
import type { EmittedEvent, Group, Input, Operation, DeclaredError, Result } from '../contracts/kit.ts'
import type { Contract } from '../contracts/index.ts'
import type { ApiKeyRecord } from './domain/api-keys.ts'
import type { Audience } from './domain/ephemeral.ts'
import type { Identity } from './domain/identity.ts'
import type { ConversationEntry, DraftOf, UserDraft } from './domain/log/entry.ts'
import type { AppendedToUser } from './domain/log/outcome.ts'
import type { ConversationRecord, MessageRecord, SessionRecord, UserRecord } from './domain/records.ts'
import type { Inspector } from './files/inspector.ts'
import type { ApiKeyCache } from './identity/api-keys.ts'
import type { Passwords } from './identity/passwords.ts'
import type { SessionCache } from './identity/session-cache.ts'
import type { Tokens } from './identity/tokens.ts'
import type { UserTokens } from './identity/user-tokens.ts'
import type { Limits, Standing } from './limits.ts'
import type { Logger } from './logger.ts'
import type { Files } from './ports/files.ts'
import type { Presence, Subscriber } from './ports/presence.ts'
import type { PushSender } from './ports/push.ts'
import type { SearchIndex } from './ports/search.ts'
import type { Storage } from './ports/storage.ts'
import type { WebhookSender } from './ports/webhook-sender.ts'

/**
 * The user and the session of a call, as stored at most a second ago. The gate makes it from the `Credentials` of a request:
 * `AccessClaims` are the claims of a token or ticket, a `Principal` is the stored session with its user. Connections keep an
 * `Identity` of it.
 */
export interface Caller {
  readonly id: string
  readonly user: UserRecord
  readonly session: SessionRecord
  /** ISO time at which the access token behind this call expires. */
  readonly token_expires_at: string
  /** The API key that calls; null: the user's own client. */
  readonly key: ApiKeyRecord | null
}

/** The services that handlers may use; one instance per process. */
export interface Services {
  readonly storage: Storage
  readonly files: Files
  readonly inspector: Inspector
  readonly searchIndex: SearchIndex
  readonly uploads: UploadLimits
  /** The path of `BASE_URL`, which a proxy takes off; empty at the root. */
  readonly base_path: string
  readonly tokens: Tokens
  readonly passwords: Passwords
  /** null: no tokens of own users are accepted. */
  readonly userTokens: UserTokens | null
  readonly sessionCache: SessionCache
  readonly apiKeys: ApiKeyCache
  readonly presence: Presence
  readonly limits: Limits
  readonly push: PushSender
  readonly webhookSender: WebhookSender
  /** The public key with which browsers subscribe to Web Push. */
  readonly vapid_public_key: string
  /** Whether the user has a live connection, on any node. */
  readonly isConnected: (user_id: string) => boolean
  readonly logger: Logger
  readonly clock: () => Date
  readonly ids: () => string
  readonly default_role: 'EDITOR' | 'USER'
  /** How many users are online now, on all nodes. */
  readonly online: () => number
  /** Publishes an event without `change`: delivered to connected users, never stored. */
  readonly publish: <E extends EphemeralEvent>(event: E, data: EventData<E>, audience: Audience) => void
  /** The session's sockets get the receipts of this conversation for some minutes, also where it is large. */
  readonly watchReceipts: (session: Pick<Identity, 'user_id' | 'session_id'>, conversation_id: string) => void
}

export interface UploadLimits {
  /** Of one file. */
  readonly max_bytes: number
  /** The largest file of a resumable upload. */
  readonly max_resumable_bytes: number
  /** Of all files of one user. */
  readonly quota_bytes: number
  /** The path of `/uploads` as clients see it, behind a proxy that takes a prefix off. */
  readonly location: string
}

export interface Client {
  /** In canonical form, without a port. */
  readonly address: string
  /** The key of limits: the IPv4 address, or the /64 network of the IPv6 address. */
  readonly network: string
  readonly user_agent: string | null
  /** Set once credentials that came with the request were found good. */
  user_id: string | null
  /** The API key that calls; absent: none. */
  key_id?: string
  /** How the limit stands that counted a call of this request and leaves the fewest; absent: none was counted. */
  limit?: Standing
}

/** The HTTP side of a call, for operations with bytes. */
export interface HttpCall {
  readonly headers: Headers
  /** The one of the operation's `media` that the request prefers to JSON; null: JSON. */
  readonly wants: string | null
  /** The body as it arrives, to be read once. Fails with 408 if it stalls, 400 if it does not arrive whole. */
  readonly body: ReadableStream<Uint8Array>
  /** The form of an operation with the body `multipart`. */
  readonly form: Form
}

/** A form in which one part is a file. What stands before the file is in the input already. */
export interface Form {
  /** null: the form has no file. To be read to its end before `rest`. */
  readonly file: { readonly name: string; readonly bytes: ReadableStream<Uint8Array> } | null
  /** The fields that follow the file. */
  rest(): Promise<Readonly<Record<string, string>>>
}

/** What one call of operation `O` may use. `fail` takes only its codes, `commit` and `publish` only its events. */
export interface Context<O extends Operation> extends Omit<Services, 'publish'> {
  readonly caller: O['allow'] extends 'anyone' ? null : Caller
  readonly client: Client
  /** null on tRPC and the socket. */
  readonly http: O extends { http_only: true } ? HttpCall : HttpCall | null
  /** The socket that the call came by; null on REST and tRPC. */
  readonly socket: O extends { socket_only: true } ? Subscriber : Subscriber | null
  readonly fail: (code: DeclaredError<O> | 'validation_failed', details?: ErrorDetails) => never
  readonly commit: Commit<Exclude<EmittedEvent<O>, UserEvent | EphemeralEvent>>
  readonly commitToUser: CommitToUser<Extract<EmittedEvent<O>, UserDraft['event']>>
  readonly publish: <E extends Extract<EmittedEvent<O>, EphemeralEvent>>(
    event: E,
    data: EventData<E>,
    audience: Audience,
  ) => void
}

/** The versions that a decision was based on have changed. `commit` throws it, and the gate runs the handler again. */
export class Conflict extends Error {
  override readonly name = 'Conflict'
}

/** The rows that a decision was based on. If one has changed, the gate runs the handler again. */
export interface Expected {
  conversation: Pick<ConversationRecord, 'id' | 'access_change'>
  /** For edits, deletions and pins. */
  message?: Pick<MessageRecord, 'change'>
}

/**
 * Appends to a conversation's log: durable and visible to every reader when it resolves. `unchanged`: the drafts would change
 * nothing. If the append refuses, it throws the error of that code.
 */
export type Commit<E extends string> = (
  basis: Expected,
  ...drafts: DraftOf<Extract<E, DurableEvent>>[]
) => Promise<Committed>
export type Committed =
  | { outcome: 'committed'; entries: ConversationEntry[] }
  | { outcome: 'unchanged' }
  | { outcome: 'repeat'; message: MessageRecord }
  | { outcome: 'exists'; conversation_id: string }

/** Appends to the caller's user stream and returns the row that the draft is about, after it. */
export type CommitToUser<E extends UserDraft['event']> = <D extends DraftOf<E>>(
  draft: D,
) => Promise<AppendedToUser<D['event']>>

export type Handler<O extends Operation> = (context: Context<O>, input: Input<O>) => Promise<Result<O>>

/** The handlers of one contract file. A missing one, a wrong result, an undeclared error or event does not compile. */
export type Handlers<G extends Group> = { readonly [V in keyof G]: Handler<G[V]> }
export type AllHandlers = { readonly [G in keyof Contract]: Handlers<Contract[G]> }
