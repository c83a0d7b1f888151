import type { Contract } from '../../../contracts/index.ts'
import { reply, type Input } from '../../../contracts/kit.ts'
import type { Handlers } from '../../context.ts'
import { pageFor, pageOf, toList } from '../../domain/paging.ts'
import { toPreferences } from '../../domain/preferences.ts'
import { addressOf, type PushTarget } from '../../domain/push.ts'
import { deviceEnd, surplus, toDevice } from './devices.ts'
import { send } from './send.ts'

export const notifications: Handlers<Contract['notifications']> = {
  async 'register-device'({ caller, storage, push, clock, ids, fail }, input) {
    const target = targetOf(input)
    const problem = await push.check(target)
    if (problem) return fail('validation_failed', { errors: [problem] })
    const now = clock()
    const { outcome, device } = await storage.devices.register({
      id: ids(),
      user_id: caller.id,
      session_id: caller.session.id,
      platform: input.platform,
      device_id: input.device_id ?? null,
      address: addressOf(target),
      target,
      created_at: now.toISOString(),
      last_used_at: now.toISOString(),
      expires_at: deviceEnd(now),
    })
    if (outcome === 'created') {
      const beyond = surplus(await storage.devices.ofUsers([caller.id]))
      if (beyond.length > 0) await storage.devices.remove(beyond)
    }
    return reply(outcome === 'created' ? 201 : 200, toDevice(device))
  },

  async devices({ caller, storage, clock }, input) {
    const [devices, sessions] = await Promise.all([
      storage.devices.ofUsers([caller.id]),
      storage.sessions.listOfUser(caller.id, clock().toISOString()),
    ])
    const active = new Set(sessions.map(({ id }) => id))
    const shown = devices.filter(({ session_id }) => active.has(session_id)).map(toDevice)
    return toList(
      pageOf(shown, ({ id }) => id, pageFor(input)),
      input.limit,
      ({ id }) => id,
    )
  },

  async 'delete-device'({ caller, storage, fail }, { id }) {
    const device = await storage.devices.find(id)
    if (device?.user_id !== caller.id) return fail('not_found')
    await storage.devices.remove([device])
    return null
  },

  async preferences({ caller, storage }) {
    return toPreferences(await storage.preferences.find(caller.id))
  },

  async 'update-preferences'({ commitToUser }, { level, muted_until, quiet_hours, preview }) {
    const patch = {
      ...(level === undefined ? {} : { level }),
      ...(muted_until === undefined ? {} : { muted_until }),
      ...(quiet_hours === undefined ? {} : { quiet_hours: quiet_hours ?? [] }),
      ...(preview === undefined ? {} : { preview }),
    }
    const appended = await commitToUser({ event: 'preferences.updated', patch })
    if (appended.outcome === 'refused') throw new Error('preferences are never refused')
    return toPreferences(appended.row)
  },

  send,

  async job({ storage, fail }, { job_id }) {
    const notice = await storage.notices.find(job_id)
    if (!notice) return fail('not_found')
    const { title, accepted, skipped, devices, created_at } = notice
    const { delivered, failed } = await storage.notices.outcomes(job_id)
    const status = delivered + failed >= devices ? 'done' : 'running'
    return { job_id, status, title, accepted, skipped, delivered, failed, created_at }
  },

  async 'vapid-public-key'({ vapid_public_key }) {
    return { public_key: vapid_public_key }
  },
}

/** The contract has checked that the platform's field is there. */
function targetOf({
  platform,
  subscription,
  token = '',
}: Input<Contract['notifications']['register-device']>): PushTarget {
  if (platform !== 'web') return { platform, token }
  const { endpoint = '', keys = { p256dh: '', auth: '' } } = subscription ?? {}
  return { platform, endpoint, ...keys }
}
