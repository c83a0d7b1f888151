import type { EventData, EventFrame } from '../wire-types.ts'

/** The conversation that an event of the user stream is about. */
export function concerned({ event, data }: EventFrame): string | null {
  if (event === 'conversation.joined') return data.conversation.id
  return 'conversation_id' in data ? data.conversation_id : null
}

/** Whether the viewer loses access to the conversation with an event of its stream. */
export function endsReading({ event, data }: EventFrame, viewer_id: string): boolean {
  if (event === 'conversation.deleted') return true
  // A blanked entry of a purged conversation has no data.
  const { user_ids = [] } = data as Partial<EventData<'member.removed'>>
  return event === 'member.removed' && user_ids.includes(viewer_id)
}
