import type { Contract } from '../../../contracts/index.ts'
import type { Handlers } from '../../context.ts'
import { csvOf } from './csv.ts'
import { messageAnalytics } from './messages.ts'
import { spanOf } from './span.ts'
import { userAnalytics } from './users.ts'

export const analytics: Handlers<Contract['analytics']> = {
  async messages({ storage, clock, fail, http }, { conversation_id, user_id, ...asked }) {
    const answer = await messageAnalytics(storage, spanOf({ clock, fail }, asked), { conversation_id, user_id })
    if (http?.wants !== 'text/csv') return answer
    return csvOf(
      'messages',
      ['kind', 'at', 'id', 'name', 'count'],
      [
        ...answer.series.map(({ at, count }) => ['series', at, null, null, count]),
        ...Object.entries(answer.by_type).map(([type, count]) => ['type', null, null, type, count]),
        ...answer.top_conversations.map(top => ['conversation', null, top.conversation_id, top.name, top.count]),
        ...answer.top_senders.map(top => ['sender', null, top.user_id, top.full_name, top.count]),
      ],
    )
  },

  async users({ storage, clock, fail, http, online }, asked) {
    const answer = { ...(await userAnalytics(storage, spanOf({ clock, fail }, asked))), online_now: online() }
    if (http?.wants !== 'text/csv') return answer
    return csvOf(
      'users',
      ['kind', 'at', 'week', 'new', 'active'],
      [
        ...answer.series.map(each => ['series', each.at, null, each.new, each.active]),
        ...answer.retention.flatMap(({ cohort, size, weeks }) =>
          weeks.map((active, week) => ['retention', cohort, week, size, active]),
        ),
      ],
    )
  },
}
