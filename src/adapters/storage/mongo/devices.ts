import {
  removedDevice,
  type DeviceRecord,
  type PushState,
  type PushTarget,
  type VapidKeys,
} from '../../../domain/push.ts'
import type { Devices } from '../../../ports/devices.ts'
import { Unavailable } from '../../../ports/storage.ts'
import { pushedKey } from './rows/keys.ts'
import type { DeviceRow } from './rows/rows.ts'
import type { Tables } from './rows/tables.ts'

/** How often a registration is decided anew because of a concurrent one. */
const REGISTER_TRIES = 5

export class MongoDevices implements Devices {
  readonly #tables: Tables
  constructor(tables: Tables) {
    this.#tables = tables
  }

  /** The unique address and device_id decide races: the loser decides anew. */
  async register(given: DeviceRecord): Promise<{ outcome: 'created' | 'updated'; device: DeviceRecord }> {
    const { devices } = this.#tables
    for (let attempt = 1; attempt <= REGISTER_TRIES; attempt += 1) {
      const [held] = await devices.findIn('address', [given.address])
      if (held && held.user_id !== given.user_id) await this.remove([toDevice(held)])
      const own = (await this.ofUsers([given.user_id])).filter(({ platform }) => platform === given.platform)
      const known = own.find(({ address }) => address === given.address) ?? own.find(each => isNamed(each, given))
      const others = own.filter(each => each.id !== known?.id && isNamed(each, given))
      if (others.length > 0) await this.remove(others)
      const { id, created_at } = known ?? given
      const device = { ...given, id, created_at, device_id: given.device_id ?? known?.device_id ?? null }
      if (!known && (await devices.insert(toRow(device)))) return { outcome: 'created', device }
      const { _id, ...set } = toRow(device)
      const guard = { removed: { $eq: false } }
      if (known && (await devices.patch({ id: _id, guard, set })) === 'patched') return { outcome: 'updated', device }
    }
    throw new Unavailable('too many registrations of one device at once')
  }

  async find(id: string): Promise<DeviceRecord | null> {
    const row = await this.#tables.devices.findId(id)
    return row && toDevice(row)
  }

  async ofUsers(user_ids: readonly string[]): Promise<DeviceRecord[]> {
    const rows = await this.#tables.devices.findIn('user_id', user_ids)
    const present = rows.filter(({ removed }) => !removed).map(toDevice)
    return present.toSorted((a, b) => (`${a.user_id}${a.id}` < `${b.user_id}${b.id}` ? -1 : 1))
  }

  async remove(devices: readonly DeviceRecord[]): Promise<void> {
    await this.#tables.devices.update(
      devices.map(device => {
        const { _id: id, ...set } = toRow(removedDevice(device))
        return { id, guard: { removed: { $eq: false }, last_used_at: { $eq: device.last_used_at } }, set }
      }),
    )
  }

  async removeOfSessions(session_ids: readonly string[]): Promise<void> {
    const rows = await this.#tables.devices.findIn('session_id', session_ids)
    await this.remove(rows.filter(({ removed }) => !removed).map(toDevice))
  }

  async pushed(device_ids: readonly string[], conversation_id: string): Promise<PushState[]> {
    const rows = await this.#tables.pushed.findIds(device_ids.map(id => pushedKey(id, conversation_id)))
    return rows.map(({ _id, ...state }) => state)
  }

  async savePushed(state: PushState): Promise<void> {
    const id = pushedKey(state.device_id, state.conversation_id)
    const guard = { pushed_seq: { $lte: state.pushed_seq } }
    // Where a greater seq is stored, the guarded upsert fails as a duplicate.
    await this.#tables.pushed.updateOne({ id, guard, set: state, upsert: true })
  }

  async vapidKeys(made: VapidKeys): Promise<VapidKeys> {
    await this.#tables.keys.insert({ _id: 'vapid', ...made })
    const row = await this.#tables.keys.findId('vapid')
    if (!row) throw new Error('the VAPID keys were removed while they were read')
    const { public_key, private_key } = row
    return { public_key, private_key }
  }
}

function isNamed(device: DeviceRecord, given: DeviceRecord): boolean {
  return given.device_id !== null && device.device_id === given.device_id
}

export function toRow({ id, target, ...device }: DeviceRecord): DeviceRow {
  const { user_id, platform, device_id } = device
  const removed = target === null
  const named = removed || device_id === null ? `-${id}` : `=${user_id}:${platform}:${encodeURIComponent(device_id)}`
  return { _id: id, ...device, named, target: target && JSON.stringify(target), removed }
}

function toDevice({ _id, target, named: _named, removed: _removed, ...device }: DeviceRow): DeviceRecord {
  return { id: _id, ...device, target: target === null ? null : (JSON.parse(target) as PushTarget) }
}
