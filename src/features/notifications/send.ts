import type { Contract } from '../../../contracts/index.ts'
import type { Input, Output } from '../../../contracts/kit.ts'
import type { Context } from '../../context.ts'
import { noticeSilenceOf } from '../../domain/notify.ts'
import { toPreferences } from '../../domain/preferences.ts'
import type { DeviceRecord, NoticeRecord } from '../../domain/push.ts'
import { QuietHours } from '../../domain/quiet-hours.ts'
import { toNewJob } from './push-jobs.ts'

type Send = Contract['notifications']['send']

/** Users whose devices are read together, and jobs that are queued together. */
const AT_ONCE = 500
/** How long a notice is kept. */
const KEPT_MS = 7 * 24 * 60 * 60 * 1000

/** Queues a push for each device of each user who may be disturbed now. */
export async function send(context: Context<Send>, input: Input<Send>): Promise<Output<Send>> {
  const { caller, storage, clock, ids } = context
  const devices: DeviceRecord[] = []
  let [accepted, skipped] = [0, 0]
  for await (const user_ids of recipients(context, input)) {
    const found = await devicesOf(context, user_ids)
    const reached = new Set(found.map(({ user_id }) => user_id)).size
    accepted += reached
    skipped += user_ids.length - reached
    devices.push(...found)
  }
  const now = clock()
  const at = now.toISOString()
  const { title, body, data = {} } = input
  const notice: NoticeRecord = {
    id: ids(),
    created_by: caller.id,
    title,
    body,
    data,
    accepted,
    skipped,
    devices: devices.length,
    created_at: at,
    expires_at: new Date(now.getTime() + KEPT_MS).toISOString(),
  }
  await storage.notices.create(notice)
  for (let from = 0; from < devices.length; from += AT_ONCE) {
    const some = devices.slice(from, from + AT_ONCE)
    const jobs = some.map(({ id, user_id }) => ({
      kind: 'notice' as const,
      device_id: id,
      user_id,
      notice_id: notice.id,
      at,
    }))
    await storage.jobs.enqueue(jobs.map(job => toNewJob(job)))
  }
  return { job_id: notice.id, accepted, skipped }
}

/** The ids of the users whom the notice is for, some at a time. */
async function* recipients(
  { storage, fail }: Context<Send>,
  { user_ids, conversation_id }: Input<Send>,
): AsyncGenerator<string[]> {
  if (user_ids) {
    yield [...new Set(user_ids)]
    return
  }
  if (conversation_id !== undefined && !(await storage.conversations.find(conversation_id))) return fail('not_found')
  for (let start: string | undefined; ;) {
    const page = { ascending: true, limit: AT_ONCE + 1, ...(start === undefined ? {} : { start }) }
    const found =
      conversation_id === undefined
        ? (await storage.users.list({}, page)).map(({ id }) => id)
        : (await storage.members.list(conversation_id, page)).map(({ user_id }) => user_id)
    yield found.slice(0, AT_ONCE)
    start = found[AT_ONCE]
    if (start === undefined) return
  }
}

async function devicesOf({ storage, clock }: Context<Send>, user_ids: readonly string[]): Promise<DeviceRecord[]> {
  const devices = await storage.devices.ofUsers(user_ids)
  const with_device = [...new Set(devices.map(({ user_id }) => user_id))]
  const [users, preferences] = await Promise.all([
    storage.users.findMany(with_device),
    storage.preferences.findMany(with_device),
  ])
  const preferences_of = new Map(preferences.map(each => [each.user_id, each]))
  const quiet = new QuietHours()
  const now = clock()
  const reached = users.filter(
    user => noticeSilenceOf(user, toPreferences(preferences_of.get(user.id) ?? null), now, quiet) === null,
  )
  const reached_ids = new Set(reached.map(({ id }) => id))
  return devices.filter(({ user_id }) => reached_ids.has(user_id))
}
