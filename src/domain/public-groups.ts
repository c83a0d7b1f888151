import type { ConversationRecord } from './records.ts'
import { foldName } from './users.ts'

/** The folded name by which a public group is found; null for a conversation that is not listed (specification, Groups). */
export function publicName({
  visibility,
  disabled,
  name,
}: Pick<ConversationRecord, 'visibility' | 'disabled' | 'name'>): string | null {
  return visibility === 'public' && !disabled ? foldName(name ?? '') : null
}
