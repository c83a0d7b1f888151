import type { AllHandlers } from '../context.ts'
import { analytics } from './analytics/handlers.ts'
import { auth } from './auth/handlers.ts'
import { contacts } from './contacts/handlers.ts'
import { conversations } from './conversations/handlers.ts'
import { files } from './files/handlers.ts'
import { groups } from './groups/handlers.ts'
import { invites } from './invites/handlers.ts'
import { keys } from './keys/handlers.ts'
import { messages } from './messages/handlers.ts'
import { notifications } from './notifications/handlers.ts'
import { search } from './search/handlers.ts'
import { typing } from './typing/handlers.ts'
import { presence } from './presence/handlers.ts'
import { uploads } from './uploads/handlers.ts'
import { users } from './users/handlers.ts'
import { webhooks } from './webhooks/handlers.ts'

/** A handler for every operation of the contract; a missing one does not compile. */
export const handlers: AllHandlers = {
  auth,
  keys,
  users,
  conversations,
  messages,
  contacts,
  groups,
  invites,
  files,
  notifications,
  search,
  analytics,
  typing,
  presence,
  uploads,
  webhooks,
}
