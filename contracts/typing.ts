import { z } from 'zod'
import { ROOM } from './examples.ts'
import { id } from './fields.ts'
import { op } from './kit.ts'

const conversation_id = id
const ask = { conversation_id: ROOM }

export const typing = {
  start: op({
    method: 'POST',
    path: '/conversations/{conversation_id}/typing',
    allow: 'user',
    summary: 'Say that you are typing',
    description:
      'For members who may send messages. The others are told for 8 seconds; repeat the call while you type, every 3 seconds ' +
      'at most. A message that you send ends it.',
    input: z.strictObject({ conversation_id }),
    output: null,
    status: [204],
    errors: ['not_found', 'forbidden', 'conversation_disabled'],
    emits: ['typing.started'],
    example: { input: ask, output: null },
  }),
  stop: op({
    method: 'DELETE',
    path: '/conversations/{conversation_id}/typing',
    allow: 'user',
    summary: 'Say that you have stopped typing',
    input: z.strictObject({ conversation_id }),
    output: null,
    status: [204],
    errors: ['not_found', 'forbidden'],
    emits: ['typing.stopped'],
    example: { input: ask, output: null },
  }),
}
