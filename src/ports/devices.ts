import type { DeviceRecord, PushState, VapidKeys } from '../domain/push.ts'

/**
 * Devices that get push notifications, and what was pushed to each. Rows outside the log: none has an event.
 *
 * A removed device keeps its id and its user until the sweep at `expires_at`, without its target: so its user may remove it again.
 */
export interface Devices {
  /**
   * Stores a device, of which there is one for each `address` and one for each (user, platform, `device_id`) that is not null.
   * `updated`: the user has it already; the answer is the record with its former id and `created_at`, and with the given
   * `device_id`, or the former one if null is given. A device of another user with the address is removed there.
   */
  register(device: DeviceRecord): Promise<{ outcome: 'created' | 'updated'; device: DeviceRecord }>
  /** Also a removed one; `target` is null then. */
  find(id: string): Promise<DeviceRecord | null>
  /** The devices of these users (at most 1,000) that are not removed, by (user, id). */
  ofUsers(user_ids: readonly string[]): Promise<DeviceRecord[]>
  /** Removes devices as they were read: one that was registered again since stays. At most 1,000. */
  remove(devices: readonly DeviceRecord[]): Promise<void>
  /** Removes the devices of these sessions. */
  removeOfSessions(session_ids: readonly string[]): Promise<void>
  /** What was pushed to these devices (at most 1,000) of a conversation; none where nothing was. */
  pushed(device_ids: readonly string[], conversation_id: string): Promise<PushState[]>
  /** Changes nothing where a greater `pushed_seq` is stored. */
  savePushed(state: PushState): Promise<void>
  /** The server's key pair: the first that was given, of all processes and starts. */
  vapidKeys(made: VapidKeys): Promise<VapidKeys>
}
