import type { Message } from '../../../../contracts/entities.ts'

/** The terms of `fts.scope`, by which MATCH filters. Conversations and users by their numbers in `ids`. */
export const conversationTerm = (n: number) => `c${n}`
export const senderTerm = (n: number) => `u${n}`
export const typeTerm = (type: Message['type']) => `t${type}`
export const FILE_TERM = 'hf'

export function scopeOf(
  conversation: number,
  sender: number,
  { type, has_file }: { type: Message['type']; has_file: boolean },
): string {
  const terms = [conversationTerm(conversation), senderTerm(sender), typeTerm(type)]
  return (has_file ? [...terms, FILE_TERM] : terms).join(' ')
}
