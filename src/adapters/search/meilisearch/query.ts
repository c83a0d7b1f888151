import type { Phrase, Query } from '../../../domain/search/query.ts'
import type { SearchRequest } from '../../../ports/search.ts'
import { leastOrder } from './documents.ts'

/** Words of a query that Meilisearch looks at. The comparison of each hit sees to the others. */
const MAX_WORDS = 10

/** Words that Meilisearch takes as they are. It drops marks of others, such as Thai tones, and so would exclude more. */
const PLAIN = /^[a-z0-9]+$/

/**
 * The query in Meilisearch's language: words with typos as they are, everything that must match exactly as a phrase. The word
 * that is a prefix comes last; the white space after any other ends it. What it finds beyond the query is left out later by
 * the comparison of each hit; what it leaves out is lost.
 */
export function textOf({ all, none }: Query): string {
  const chosen = all
    .flatMap(partsOf)
    .sort((a, b) => Number(b.prefix) - Number(a.prefix) || b.text.length - a.text.length)
    .slice(0, MAX_WORDS)
    .toReversed()
  const safe = none.filter(phrase => phrase.every(word => PLAIN.test(word.text)))
  const excluded = safe.map(phrase => `-${quoted(phrase)}`)
  const text = [...excluded, ...chosen.map(part => part.text)].join(' ')
  return chosen.at(-1)?.prefix ? text : `${text} `
}

interface Part {
  text: string
  prefix: boolean
}

function partsOf(phrase: Phrase): Part[] {
  const exact = phrase.every(({ typos, prefix }) => typos === 0 && !prefix)
  if (exact) return [{ text: quoted(phrase), prefix: false }]
  return phrase.map(word => {
    const asIs = word.typos > 0 || word.prefix
    return { text: asIs ? word.text : quoted([word]), prefix: word.prefix }
  })
}

function quoted(phrase: Phrase): string {
  return `"${phrase.map(({ text }) => text).join(' ')}"`
}

/** What limits a search besides its text. Ids have no characters that need an escape. */
export function filterOf(request: SearchRequest, conversations: readonly string[], highest: number | null): string[] {
  const { sender_id, type, has_file, from, to } = request
  return [
    `conversation IN [${conversations.map(id => `"${id}"`).join(', ')}]`,
    ...(sender_id === undefined ? [] : [`sender = "${sender_id}"`]),
    ...(type === undefined ? [] : [`type = "${type}"`]),
    ...(has_file ? ['file = true'] : []),
    ...(from === undefined ? [] : [`order >= ${leastOrder(from)}`]),
    ...(to === undefined ? [] : [`order < ${leastOrder(to)}`]),
    ...(highest === null ? [] : [`order <= ${highest}`]),
  ]
}
