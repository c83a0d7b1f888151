import { MAX_DEVICES, type Device } from '../../../contracts/notifications.ts'
import type { DeviceRecord } from '../../domain/push.ts'

/** How long a device stays that is not registered again. */
const DEVICE_DAYS = 90
const DAY_MS = 24 * 60 * 60 * 1000

export function toDevice({ id, platform, device_id, created_at, last_used_at }: DeviceRecord): Device {
  return { id, platform, device_id, created_at, last_used_at }
}

export function deviceEnd(now: Date): string {
  return new Date(now.getTime() + DEVICE_DAYS * DAY_MS).toISOString()
}

/** The devices of a user beyond the limit: those that were registered longest ago. */
export function surplus(devices: readonly DeviceRecord[]): DeviceRecord[] {
  return devices.toSorted((a, b) => (a.last_used_at < b.last_used_at ? 1 : -1)).slice(MAX_DEVICES)
}
