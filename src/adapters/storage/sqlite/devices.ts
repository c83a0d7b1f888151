import type { DeviceRecord, PushState, PushTarget, VapidKeys } from '../../../domain/push.ts'
import type { Devices } from '../../../ports/devices.ts'
import type { Db } from './database.ts'
import type { GroupCommit } from './group-commit.ts'

type Registration = Pick<DeviceRecord, 'id' | 'last_used_at'>
type DeviceRow = Omit<DeviceRecord, 'target'> & { target: string | null }

const DEVICE = 'id, user_id, session_id, platform, device_id, address, target, created_at, last_used_at, expires_at'

export function openDevices(db: Db, commits: GroupCommit): Devices {
  const one = db.read<DeviceRow>(`SELECT ${DEVICE} FROM devices WHERE id = ?`)
  const byAddress = db.read<DeviceRow>(`SELECT ${DEVICE} FROM devices WHERE address = ?`)
  const ofUser = db.read<DeviceRow>(
    `SELECT ${DEVICE} FROM devices WHERE user_id = ? AND target IS NOT NULL ORDER BY id`,
  )
  const ofSession = db.read<Registration>(
    'SELECT id, last_used_at FROM devices WHERE session_id = ? AND target IS NOT NULL',
  )
  const put = db.write(`INSERT OR REPLACE INTO devices (${DEVICE}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const removeOne = db.write(
    "UPDATE devices SET target = NULL, address = 'removed:' || id WHERE id = ? AND last_used_at = ?",
  )
  const state = db.read<PushState>(
    'SELECT device_id, conversation_id, pushed_seq, shown_seq, expires_at FROM pushed WHERE device_id = ? AND conversation_id = ?',
  )
  const putState = db.write(
    `INSERT INTO pushed (device_id, conversation_id, pushed_seq, shown_seq, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)
     ON CONFLICT DO UPDATE SET pushed_seq = ?3, shown_seq = ?4, expires_at = ?5 WHERE pushed_seq <= ?3`,
  )
  const meta = db.read<{ value: string }>("SELECT value FROM meta WHERE key = 'vapid'")
  const putMeta = db.write("INSERT INTO meta (key, value) VALUES ('vapid', ?)")

  function remove(devices: readonly Registration[]): void {
    for (const { id, last_used_at } of devices) removeOne(id, last_used_at)
  }

  function register(given: DeviceRecord): { outcome: 'created' | 'updated'; device: DeviceRecord } {
    const held = byAddress.get(given.address)
    if (held && held.user_id !== given.user_id) remove([held])
    const own = ofUser.all(given.user_id).filter(({ platform }) => platform === given.platform)
    const known = own.find(({ address }) => address === given.address) ?? own.find(row => isNamed(row, given))
    remove(own.filter(row => row.id !== known?.id && isNamed(row, given)))
    const { id, created_at } = known ?? given
    const device = { ...given, id, created_at, device_id: given.device_id ?? known?.device_id ?? null }
    write(device)
    return { outcome: known ? 'updated' : 'created', device }
  }

  function write({ target, ...device }: DeviceRecord): void {
    const { id, user_id, session_id, platform, device_id, address, created_at, last_used_at, expires_at } = device
    const json = target && JSON.stringify(target)
    put(id, user_id, session_id, platform, device_id, address, json, created_at, last_used_at, expires_at)
  }

  return {
    register: device => commits.submit(() => register(device)),
    async find(id) {
      const row = one.get(id)
      return row && toDevice(row)
    },
    async ofUsers(user_ids) {
      return user_ids.toSorted().flatMap(user_id => ofUser.all(user_id).map(toDevice))
    },
    remove: devices => commits.submit(() => remove(devices)),
    removeOfSessions: session_ids => commits.submit(() => remove(session_ids.flatMap(id => ofSession.all(id)))),
    async pushed(device_ids, conversation_id) {
      return device_ids.flatMap(device_id => state.get(device_id, conversation_id) ?? [])
    },
    savePushed: ({ device_id, conversation_id, pushed_seq, shown_seq, expires_at }) =>
      commits.submit(() => void putState(device_id, conversation_id, pushed_seq, shown_seq, expires_at)),
    vapidKeys: made =>
      commits.submit(() => {
        const stored = meta.get()
        if (!stored) putMeta(JSON.stringify(made))
        return stored ? (JSON.parse(stored.value) as VapidKeys) : made
      }),
  }
}

/** Whether the client gave both the same id. */
function isNamed(row: Pick<DeviceRow, 'device_id'>, given: DeviceRecord): boolean {
  return given.device_id !== null && row.device_id === given.device_id
}

function toDevice({ target, ...row }: DeviceRow): DeviceRecord {
  return { ...row, target: target === null ? null : (JSON.parse(target) as PushTarget) }
}
