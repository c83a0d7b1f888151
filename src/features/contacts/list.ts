import type { Contact } from '../../../contracts/entities.ts'
import type { Contract } from '../../../contracts/index.ts'
import type { Input, Output } from '../../../contracts/kit.ts'
import type { Context } from '../../context.ts'
import { findable } from '../../domain/blocking.ts'
import { pageFor, toList } from '../../domain/paging.ts'
import type { ContactRecord } from '../../domain/records.ts'
import { foldName } from '../../domain/users.ts'
import { visiblePage } from '../visible-page.ts'
import { toContacts } from './view.ts'

type List = Contract['contacts']['list']

export async function list(context: Context<List>, input: Input<List>): Promise<Output<List>> {
  const { storage, caller } = context
  const { blocked, limit } = input
  const filter = blocked === undefined ? 'added' : blocked ? 'blocked' : 'unblocked'
  const contacts = await visiblePage(
    pageFor(input),
    page => storage.contacts.list(caller.id, filter, page),
    row => row.contact_id,
    found => shownOf(context, found, input.q),
  )
  return toList(contacts, limit, contact => contact.contact_id)
}

/**
 * The contacts that the caller sees. A user whom the caller has blocked is always listed, so that they can be unblocked, and a block
 * of theirs cannot be noticed.
 */
async function shownOf(
  { caller, storage }: Context<List>,
  rows: readonly ContactRecord[],
  q: string | undefined,
): Promise<Contact[]> {
  const [found, relations] = await Promise.all([
    toContacts(storage, rows),
    storage.contacts.relations(
      caller.id,
      rows.map(({ contact_id }) => contact_id),
    ),
  ])
  return found.filter(
    ({ contact_id, user, blocked_at }) =>
      (q === undefined || isNamed(user, q)) &&
      (blocked_at !== null || findable(caller.user, user, relations.get(contact_id))),
  )
}

/** Whether username or full name begin with the text, as in `users.list`. */
function isNamed({ username, full_name }: Contact['user'], q: string): boolean {
  return [username, full_name].some(name => name !== null && foldName(name).startsWith(foldName(q)))
}
