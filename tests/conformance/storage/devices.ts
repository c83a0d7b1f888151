import { describe, expect, test } from 'bun:test'
import { addressOf, removedDevice, type DeviceRecord, type PushTarget } from '../../../src/domain/push.ts'
import type { Fault } from '../../support/faults.ts'
import { AT, id, range, type Subjects } from './subject.ts'

const LATER = '2026-11-25T09:30:00.000Z'

export function deviceOf(user_id: string, token: string, more: Partial<DeviceRecord> = {}): DeviceRecord {
  const target: PushTarget = { platform: 'fcm', token }
  return {
    id: id(),
    user_id,
    session_id: id(),
    platform: 'fcm',
    device_id: null,
    address: addressOf(target),
    target,
    created_at: AT,
    last_used_at: AT,
    expires_at: LATER,
    ...more,
  }
}

/** The first two commands of this name are sent together. */
class Meeting implements Fault {
  readonly #command: string
  readonly #met = Promise.withResolvers<void>()
  #come = 0
  constructor(command: string) {
    this.#command = command
  }
  before(command: string): Promise<void> | void {
    if (command !== this.#command) return
    this.#come += 1
    if (this.#come === 2) this.#met.resolve()
    return this.#met.promise
  }
}

export function devicesConformance(subjects: Subjects): void {
  describe('devices', () => {
    test('a device is registered once for its address, and keeps its id for its user', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const ada = id()
      const first = deviceOf(ada, 'one', { device_id: 'phone' })
      expect(await storage.devices.register(first)).toEqual({ outcome: 'created', device: first })
      const again = deviceOf(ada, 'one', { created_at: LATER, last_used_at: LATER })
      const { id: kept, created_at, device_id } = first
      const updated = { ...again, id: kept, created_at, device_id }
      expect(await storage.devices.register(again)).toEqual({ outcome: 'updated', device: updated })
      expect(await storage.devices.find(first.id)).toEqual(updated)
      expect(await storage.devices.ofUsers([ada])).toEqual([updated])
      expect(await storage.devices.find(again.id)).toBeNull()
    })

    test('a device of another user moves, under a new id', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const [ada, bob] = [id(), id()]
      const hers = deviceOf(ada, 'shared', { device_id: 'tablet' })
      const his = deviceOf(bob, 'shared')
      await storage.devices.register(hers)
      expect(await storage.devices.register(his)).toEqual({ outcome: 'created', device: his })
      expect(await storage.devices.ofUsers([ada])).toEqual([])
      expect(await storage.devices.ofUsers([ada, bob])).toEqual([his])
      expect(await storage.devices.find(hers.id)).toEqual(removedDevice(hers))
    })

    test('the same device_id with another token is the same device, for one user and platform only', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const [ada, bob] = [id(), id()]
      const first = deviceOf(ada, 'old', { device_id: 'phone' })
      await storage.devices.register(first)
      const renewed = deviceOf(ada, 'new', { device_id: 'phone' })
      expect(await storage.devices.register(renewed)).toMatchObject({ outcome: 'updated', device: { id: first.id } })
      expect(await storage.devices.register(deviceOf(bob, 'his', { device_id: 'phone' }))).toMatchObject({
        outcome: 'created',
      })
      const target: PushTarget = { platform: 'apns', token: 'new' }
      const apple = deviceOf(ada, 'new', { platform: 'apns', target, address: addressOf(target), device_id: 'phone' })
      expect(await storage.devices.register(apple)).toMatchObject({ outcome: 'created' })
      expect(await storage.devices.ofUsers([ada])).toHaveLength(2)
      // The token that it had before is another device from now on.
      expect(await storage.devices.register(deviceOf(ada, 'old'))).toMatchObject({ outcome: 'created' })
    })

    test('a device that takes the device_id of another one replaces it', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const ada = id()
      const [one, other] = [deviceOf(ada, 'one', { device_id: 'phone' }), deviceOf(ada, 'other')]
      await storage.devices.register(one)
      await storage.devices.register(other)
      const named = deviceOf(ada, 'other', { device_id: 'phone' })
      expect(await storage.devices.register(named)).toMatchObject({ outcome: 'updated', device: { id: other.id } })
      expect((await storage.devices.ofUsers([ada])).map(device => device.id)).toEqual([other.id])
    })

    test('one device remains of many registrations of one address at once', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const users = range(8).map(() => id())
      await Promise.allSettled(users.map(user_id => storage.devices.register(deviceOf(user_id, 'wanted'))))
      const left = await storage.devices.ofUsers(users)
      expect(left).toHaveLength(1)
    })

    test('one device remains of registrations with one device_id that meet', async () => {
      await using subject = await subjects()
      await using storage = await subject.open(new Meeting('devices.insertOne'))
      const ada = id()
      const given = range(2).map(each => deviceOf(ada, `token ${each}`, { device_id: 'phone' }))
      await Promise.all(given.map(device => storage.devices.register(device)))
      expect(await storage.devices.ofUsers([ada])).toHaveLength(1)
    })

    test('a removed device has no target, frees its address, and may be removed again', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const ada = id()
      const device = deviceOf(ada, 'one')
      await storage.devices.register(device)
      await storage.devices.remove([device, deviceOf(ada, 'never stored')])
      await storage.devices.remove([device])
      expect(await storage.devices.find(device.id)).toEqual(removedDevice(device))
      expect(await storage.devices.ofUsers([ada])).toEqual([])
      expect(await storage.devices.register(deviceOf(ada, 'one'))).toMatchObject({ outcome: 'created' })
    })

    test('a device that was registered again is not removed as it was before', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const ada = id()
      const before = deviceOf(ada, 'old', { device_id: 'phone' })
      await storage.devices.register(before)
      const after = deviceOf(ada, 'new', { device_id: 'phone', last_used_at: LATER })
      const { device } = await storage.devices.register(after)
      expect(device.id).toBe(before.id)
      await storage.devices.remove([before])
      expect(await storage.devices.ofUsers([ada])).toEqual([device])
      await storage.devices.remove([device])
      expect(await storage.devices.ofUsers([ada])).toEqual([])
    })

    test('devices end with their sessions, and removed ones with their expiry', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const [ada, session_id] = [id(), id()]
      const [one, two, other] = [
        deviceOf(ada, 'one', { session_id }),
        deviceOf(ada, 'two', { session_id }),
        deviceOf(ada, 'other', { expires_at: AT }),
      ]
      for (const device of [one, two, other]) await storage.devices.register(device)
      await storage.devices.removeOfSessions([session_id, id()])
      expect(await storage.devices.ofUsers([ada])).toEqual([other])
      await storage.sweep(AT)
      expect(await storage.devices.ofUsers([ada])).toEqual([])
      expect(await storage.devices.find(one.id)).not.toBeNull()
      await storage.sweep(LATER)
      expect(await storage.devices.find(one.id)).toBeNull()
    })

    test('how far a device was pushed never goes back', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const [device_id, conversation_id] = [id(), id()]
      const state = { device_id, conversation_id, pushed_seq: 4, shown_seq: 4, expires_at: AT }
      const stored = async () => (await storage.devices.pushed([device_id, id()], conversation_id))[0]
      expect(await stored()).toBeUndefined()
      await storage.devices.savePushed(state)
      await storage.devices.savePushed({ ...state, pushed_seq: 3, shown_seq: 3, expires_at: LATER })
      expect(await stored()).toEqual(state)
      await storage.devices.savePushed({ ...state, shown_seq: 0, expires_at: LATER })
      expect(await stored()).toEqual({ ...state, shown_seq: 0, expires_at: LATER })
      expect(await storage.devices.pushed([device_id], id())).toEqual([])
      await storage.sweep(LATER)
      expect(await stored()).toBeUndefined()
    })

    test('the first VAPID keys stay', async () => {
      await using subject = await subjects()
      const first = { public_key: 'a', private_key: 'b' }
      {
        await using storage = await subject.open()
        expect(await storage.devices.vapidKeys(first)).toEqual(first)
      }
      await using storage = await subject.open()
      expect(await storage.devices.vapidKeys({ public_key: 'c', private_key: 'd' })).toEqual(first)
    })
  })
}
