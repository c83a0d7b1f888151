import { z } from 'zod'
import { ADA, ROOM } from './examples.ts'
import { id, time, timeInput } from './fields.ts'
import { op } from './kit.ts'

/** The most buckets of one answer. */
export const MAX_BUCKETS = 1_000
/** The most entries of `top_conversations` and `top_senders`. */
export const MAX_TOPS = 10
/** The most weekly cohorts of `retention`, the latest ones. */
export const MAX_COHORTS = 53

/** Offsets such as `+01:00` are no names: they have no changes of the clock. */
const timeZone = z
  .string()
  .max(64)
  .refine(isTimeZone, 'must be the IANA name of a time zone')
  .default('UTC')
  .meta({ description: 'IANA name of the time zone in which days, weeks and months begin' })

function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

const interval = z.enum(['hour', 'day', 'week', 'month'])
const count = z.int().min(0)

const span = {
  from: timeInput.optional().meta({ description: 'moved back to the begin of its bucket; default: 30 buckets' }),
  to: timeInput.optional().meta({ description: 'exclusive, moved on to the end of its bucket; default: now' }),
  interval: interval.default('day'),
  tz: timeZone,
}
const answered = { from: time, to: time, interval, tz: z.string() }
const asked = { from: '2026-11-23T00:00:00.000Z', to: '2026-11-25T00:00:00.000Z', interval: 'day', tz: 'UTC' } as const

export const MessageAnalytics = z
  .object({
    ...answered,
    total: count,
    series: z.array(z.object({ at: time, count })).meta({ description: 'every bucket, also those without messages' }),
    by_type: z.record(z.string(), count),
    top_conversations: z.array(z.object({ conversation_id: id, name: z.string().nullable(), count })).max(MAX_TOPS),
    top_senders: z.array(z.object({ user_id: id, full_name: z.string().nullable(), count })).max(MAX_TOPS),
  })
  .meta({ id: 'MessageAnalytics' })

export const UserAnalytics = z
  .object({
    ...answered,
    total: count.meta({ description: 'accounts at the end of the span' }),
    new: count.meta({ description: 'accounts that were created in the span' }),
    active: z.object({ day: count, week: count, month: count }).meta({
      description: 'users who sent a message in the last 1, 7 and 30 local days up to the end of the span, or today',
    }),
    online_now: count,
    series: z.array(z.object({ at: time, new: count, active: count })),
    retention: z.array(z.object({ cohort: time, size: count, weeks: z.array(count) })).meta({
      description: 'by week of the account’s creation: how many sent a message in that week and each later one',
    }),
  })
  .meta({ id: 'UserAnalytics' })

const shared = {
  method: 'GET',
  allow: ['ADMIN'],
  media: ['text/csv'],
  status: [200],
  errors: [],
  emits: [],
} as const

export const analytics = {
  messages: op({
    ...shared,
    path: '/analytics/messages',
    summary: 'Count messages over time, by type, conversation and sender',
    description: `System messages are not counted, deleted messages stay counted, those of purged conversations do not. At most ${MAX_BUCKETS} buckets. CSV by \`Accept: text/csv\`.`,
    input: z.strictObject({ ...span, conversation_id: id.optional(), user_id: id.optional() }),
    output: MessageAnalytics,
    example: {
      input: asked,
      output: {
        ...asked,
        total: 3,
        series: [
          { at: asked.from, count: 3 },
          { at: '2026-11-24T00:00:00.000Z', count: 0 },
        ],
        by_type: { text: 3 },
        top_conversations: [{ conversation_id: ROOM, name: 'Kitchen', count: 3 }],
        top_senders: [{ user_id: ADA, full_name: 'Ada Lovelace', count: 3 }],
      },
    },
  }),
  users: op({
    ...shared,
    path: '/analytics/users',
    summary: 'Count new and active users over time, with retention by week',
    description: `A user is active in a bucket if they sent a message in it. Deleted accounts are left out of \`total\`, \`new\` and \`retention\`. At most ${MAX_BUCKETS} buckets and the latest ${MAX_COHORTS} cohorts. CSV by \`Accept: text/csv\`.`,
    input: z.strictObject(span),
    output: UserAnalytics,
    example: {
      input: asked,
      output: {
        ...asked,
        total: 5,
        new: 2,
        active: { day: 0, week: 2, month: 2 },
        online_now: 1,
        series: [
          { at: asked.from, new: 2, active: 2 },
          { at: '2026-11-24T00:00:00.000Z', new: 0, active: 0 },
        ],
        retention: [{ cohort: asked.from, size: 2, weeks: [2] }],
      },
    },
  }),
}
