/** The wire types of the client: entities, events, frames, and each operation's input, output and error codes. */
export type {
  Attachment,
  Contact,
  Conversation,
  EventConversation,
  EventMessage,
  File as StoredFile,
  Me,
  Member,
  MemberRole,
  Message,
  Override,
  Pin,
  Preferences,
  Profile,
  Reaction,
  Receipt,
  Session,
  SignedIn,
  Status,
  UnreadTotals,
  User,
  Version,
  Visibility,
} from '../../contracts/entities.ts'
export type { ErrorCode, ErrorDetails, Problem } from '../../contracts/errors.ts'
export type { EventData, EventName } from '../../contracts/events.ts'
export type { CallableName, CallInputOf as InputOf, OperationName, OutputOf } from '../../contracts/index.ts'
export type { Role } from '../../contracts/roles.ts'
export type { ClientFrame, CloseCode, EventFrame, ServerFrame } from '../../contracts/socket.ts'

import type { OperationName, OperationOf } from '../../contracts/index.ts'
import type { KnownError } from '../../contracts/kit.ts'

/** The error codes of an operation. */
export type CodeOf<N extends OperationName> = KnownError<OperationOf<N>>
