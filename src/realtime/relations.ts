import type { Relation } from '../domain/blocking.ts'
import type { Contacts } from '../ports/contacts.ts'

/** Users in one read. */
const USERS_AT_ONCE = 1_000

/** The relations of a user to any number of others; none for one where neither has blocked the other. */
export async function relationsOf(
  contacts: Pick<Contacts, 'relations'>,
  user_id: string,
  others: readonly string[],
): Promise<Map<string, Relation>> {
  const found = await Promise.all(chunks(others, USERS_AT_ONCE).map(ids => contacts.relations(user_id, ids)))
  return new Map(found.flatMap(relations => [...relations]))
}

export function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, n) => items.slice(n * size, (n + 1) * size))
}
