import { z } from 'zod'
import { CONVERSATION_TYPES, MESSAGE_TYPES, Message } from './entities.ts'
import { ROOM, listOf, message } from './examples.ts'
import { id, list, opaquePage, text, timeInput } from './fields.ts'
import { op } from './kit.ts'
import { MAX_QUERY } from './limits.ts'

export const Highlight = z
  .object({ start: z.int(), length: z.int() })
  .meta({ id: 'Highlight', description: "A range of the message's content, in UTF-16 units" })

export const SearchHit = z
  .object({
    message: Message,
    highlights: z.array(Highlight).meta({ description: 'in order, without overlaps, at most 100' }),
    conversation: z.object({ id, type: z.enum(CONVERSATION_TYPES), name: z.string().nullable() }),
  })
  .meta({ id: 'SearchHit' })
export type SearchHit = z.infer<typeof SearchHit>

export const search = {
  messages: op({
    method: 'GET',
    path: '/search/messages',
    allow: 'user',
    summary: 'Search the messages of your conversations',
    description:
      'All words must occur, each with one typo from 5 letters on and two from 9, the last one also as a prefix; `"…"` is a ' +
      'phrase, `-word` excludes. Only conversations that the caller is a member of now are searched; an ADMIN may name any ' +
      'by `conversation_id`. `relevance` ranks at most 1,000 messages, `recent` gives all, latest first. Without `q` it lists what ' +
      '`sender_id`, `type` or `has` admit, latest first.',
    input: z.strictObject({
      q: text(1, MAX_QUERY).optional(),
      conversation_id: id.optional(),
      sender_id: id.optional(),
      type: z.enum(MESSAGE_TYPES).exclude(['system']).optional(),
      has: z.literal('file').optional(),
      from: timeInput.optional().meta({ description: 'first time of creation, inclusive' }),
      to: timeInput.optional().meta({ description: 'last time of creation, exclusive' }),
      sort: z.enum(['relevance', 'recent']).default('relevance'),
      ...opaquePage,
    }),
    output: list(SearchHit),
    status: [200],
    errors: ['not_found'],
    emits: [],
    example: {
      input: { q: 'hello bob', conversation_id: ROOM },
      output: {
        ...listOf(message),
        data: [
          {
            message,
            highlights: [
              { start: 0, length: 5 },
              { start: 6, length: 3 },
            ],
            conversation: { id: ROOM, type: 'direct', name: null },
          },
        ],
      },
    },
  }),
} as const
