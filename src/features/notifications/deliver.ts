import type { Services } from '../../context.ts'
import { mayNotify } from '../../domain/blocking.ts'
import { noticeSilenceOf, silenceOf } from '../../domain/notify.ts'
import { toPreferences } from '../../domain/preferences.ts'
import { messagePush, noticePush, readPush, type PushMessage } from '../../domain/push-message.ts'
import type { DeviceRecord, PushState, PushTarget } from '../../domain/push.ts'
import { QuietHours } from '../../domain/quiet-hours.ts'
import { marker } from '../../domain/unread.ts'
import { RetryAt, type Worker } from '../../jobs/job.ts'
import { unreadTotals } from '../conversations/unread-totals.ts'
import { PUSH_QUEUE, readJob, type MessageJob, type NoticeJob, type PushJob, type ReadJob } from './push-jobs.ts'
import { queueReads } from './read-follower.ts'
import { PushServiceHolds } from './service-holds.ts'
import { Turns } from './turns.ts'

/** Jobs that are carried out side by side, and those of one push service. */
const AT_ONCE = 64
const AT_ONCE_OF_SERVICE = 16
/**
 * Longer than a push takes. What was in progress when the process was killed is sent so late. A job that waits longer for its
 * device is claimed again here, which is harmless: it is its turn after the first one, and finds that nothing is left to do.
 */
const LIMIT_MS = 20_000
/** A push that has failed for so long is given up. */
const GIVE_UP_MS = 24 * 60 * 60 * 1000
/** The pause after a failure, doubled with each further one. */
const FIRST_RETRY_MS = 1_000
const MAX_RETRY_MS = 15 * 60 * 1000
/** How long it is remembered what a device was pushed. */
const PUSHED_MS = 30 * 24 * 60 * 60 * 1000

type Deps = Pick<Services, 'storage' | 'push' | 'clock' | 'logger'>

/** What is to be sent, and what is stored once it is sent; null: nothing any more. */
type Prepared = { message: PushMessage; sent: () => Promise<void> } | null

/**
 * Sends what is queued. A message is decided anew here: it may have been read or deleted since it was queued, and its user may
 * have left or muted the conversation. A device is pushed one thing at a time, in the order of the queue, and no message twice or
 * after a later one of its conversation, except after a crash between sending and storing that it was sent.
 */
export function pushWorker(deps: Deps): Worker {
  const { storage, push, clock, logger } = deps
  const [devices, services, cpu] = [new Turns(1), new Turns(AT_ONCE_OF_SERVICE), new Turns(1)]
  const holds = new PushServiceHolds()
  const quiet = new QuietHours()

  /** Jobs begin in one tick, and neither reads of an embedded store nor encryption wait: calls get their turn between them. */
  const afterCalls = () => cpu.run('', () => new Promise<void>(resolve => setImmediate(resolve)))

  async function carryOut(job: PushJob, attempts: number): Promise<void> {
    await afterCalls()
    const device = await activeDevice(deps, job.device_id)
    if (!device?.target) return failed(job)
    const { target } = device
    const service = serviceOf(target)
    const held_until = holds.heldUntil(service, clock())
    if (held_until) return tryAgain(job, held_until, 'the push service fails')
    const prepared = await prepare(job, device)
    if (!prepared) return failed(job)
    const outcome = await services.run(service, () => push.send(target, prepared.message))
    if (outcome.outcome === 'retry' && outcome.of === 'service') holds.failed(service, clock())
    else holds.answered(service)
    switch (outcome.outcome) {
      case 'delivered':
        return prepared.sent()
      case 'gone':
        await storage.devices.remove([device])
        return failed(job)
      case 'rejected':
        logger.info({ device_id: device.id, reason: outcome.reason }, 'a push was rejected')
        return failed(job)
      case 'retry': {
        const at = new Date(clock().getTime() + Math.max(outcome.after_ms ?? 0, pauseAfter(attempts)))
        return tryAgain(job, at, outcome.reason)
      }
    }
  }

  async function tryAgain(job: PushJob, at: Date, reason: string): Promise<void> {
    if (clock().getTime() - Date.parse(job.at) < GIVE_UP_MS) throw new RetryAt(at)
    logger.info({ device_id: job.device_id, reason }, 'a push was given up')
    await failed(job)
  }

  /** Nothing is sent to the device: a notice counts that. */
  async function failed(job: PushJob): Promise<void> {
    if (job.kind !== 'notice') return
    const notice = await storage.notices.find(job.notice_id)
    if (notice) await storage.notices.record(notice, job.device_id, 'failed')
  }

  function prepare(job: PushJob, device: DeviceRecord): Promise<Prepared> {
    switch (job.kind) {
      case 'message':
        return prepareMessage(job)
      case 'read':
        return prepareRead(job)
      case 'notice':
        return prepareNotice(job, device)
    }
  }

  async function prepareMessage(job: MessageJob): Promise<Prepared> {
    const { device_id, user_id, conversation_id, seq } = job
    const state = await pushedTo(device_id, conversation_id)
    if (state && state.pushed_seq >= seq) return null
    const [message, conversation, member, user] = await Promise.all([
      storage.messages.find(job.message_id),
      storage.conversations.find(conversation_id),
      storage.members.find(conversation_id, user_id),
      storage.users.find(user_id),
    ])
    if (!message || !conversation || !member || !user) return null
    const [preferences, relations, sender] = await Promise.all([
      storage.preferences.find(user_id).then(toPreferences),
      storage.contacts.relations(message.sender_id, [user_id]),
      storage.users.find(message.sender_id),
    ])
    const blocked = !mayNotify(relations.get(user_id))
    // Who has connected meanwhile has the message; who was away when it was sent is told.
    const recipient = { user, member, preferences, blocked, connected: false }
    const now = clock()
    if (silenceOf(message, conversation, recipient, now, quiet) !== null) return null
    const badge = await badgeOf(user_id)
    const preview = preferences.preview ? { sender: sender?.full_name ?? sender?.username ?? '' } : null
    return {
      message: messagePush(message, conversation, badge, preview),
      async sent() {
        await storage.devices.savePushed({ ...stateOf(job, now), pushed_seq: seq, shown_seq: seq })
        // Read while it was sent: the follower of reads has not seen that the device shows it.
        const now_member = await storage.members.find(conversation_id, user_id)
        if (now_member && marker(now_member) >= seq)
          await queueReads(deps, [{ user_id, conversation_id, seq: marker(now_member) }])
      },
    }
  }

  async function prepareRead(job: ReadJob): Promise<Prepared> {
    const { device_id, user_id, conversation_id } = job
    const [state, member] = await Promise.all([
      pushedTo(device_id, conversation_id),
      storage.members.find(conversation_id, user_id),
    ])
    if (!state || state.shown_seq === 0 || !member || marker(member) < state.shown_seq) return null
    return {
      message: readPush(conversation_id, marker(member), await badgeOf(user_id)),
      sent: () => storage.devices.savePushed({ ...stateOf(job, clock()), pushed_seq: state.pushed_seq, shown_seq: 0 }),
    }
  }

  async function prepareNotice({ notice_id, device_id }: NoticeJob, { user_id }: DeviceRecord): Promise<Prepared> {
    const [notice, done, user, preferences] = await Promise.all([
      storage.notices.find(notice_id),
      storage.notices.hasOutcome(notice_id, device_id),
      storage.users.find(user_id),
      storage.preferences.find(user_id).then(toPreferences),
    ])
    if (!notice || done || !user || noticeSilenceOf(user, preferences, clock(), quiet) !== null) return null
    const { title, body, data } = notice
    return {
      message: noticePush(notice_id, { title, body }, data),
      sent: () => storage.notices.record(notice, device_id, 'delivered'),
    }
  }

  async function pushedTo(device_id: string, conversation_id: string): Promise<PushState | null> {
    return (await storage.devices.pushed([device_id], conversation_id))[0] ?? null
  }

  async function badgeOf(user_id: string): Promise<number> {
    return (await unreadTotals(storage, user_id, clock())).unread_count
  }

  return {
    queue: PUSH_QUEUE,
    at_once: AT_ONCE,
    limit_ms: LIMIT_MS,
    // Given up by age, not by number.
    max_attempts: Number.MAX_SAFE_INTEGER,
    async run({ payload, attempts }) {
      const job = readJob(payload)
      await devices.run(job.device_id, () => carryOut(job, attempts))
    },
  }
}

/** The device if it may be pushed to. One whose session has ended is removed. */
async function activeDevice({ storage, clock }: Deps, device_id: string): Promise<DeviceRecord | null> {
  const device = await storage.devices.find(device_id)
  if (!device?.target) return null
  const session = await storage.sessions.find(device.session_id)
  if (session && session.revoked_at === null && session.expires_at > clock().toISOString()) return device
  await storage.devices.remove([device])
  return null
}

function stateOf({ device_id, conversation_id }: MessageJob | ReadJob, now: Date) {
  return { device_id, conversation_id, expires_at: new Date(now.getTime() + PUSHED_MS).toISOString() }
}

function pauseAfter(attempts: number): number {
  return Math.min(FIRST_RETRY_MS * 2 ** (attempts - 1), MAX_RETRY_MS)
}

/** Names the push service of a target. */
function serviceOf(target: PushTarget): string {
  return target.platform === 'web' ? new URL(target.endpoint).host : target.platform
}
