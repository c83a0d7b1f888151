import type { DeliveryRecord, WebhookRecord } from '../../../domain/webhooks.ts'
import type { Webhooks } from '../../../ports/webhooks.ts'
import { range, type Db } from './database.ts'
import type { GroupCommit } from './group-commit.ts'
import { flag } from './rows.ts'

export const WEBHOOK =
  'id, url, events, conversation_id, description, secret, previous_secret, previous_until, enabled, disabled_reason, ' +
  'failing_since, created_by, created_at, updated_at'
export const DELIVERY =
  'id, webhook_id, event, stream, change, status, attempts, due_at, attempted_at, status_code, error, duration_ms, ' +
  'created_at, expires_at'

export type WebhookRow = Omit<WebhookRecord, 'events' | 'enabled'> & { events: string | null; enabled: number }

export function openWebhooks(db: Db, commits: GroupCommit): Webhooks {
  const one = db.read<WebhookRow>(`SELECT ${WEBHOOK} FROM webhooks WHERE id = ?`)
  const listed = (edge: string, direction: string) =>
    db.read<WebhookRow>(`SELECT ${WEBHOOK} FROM webhooks WHERE id ${edge} ORDER BY id ${direction} LIMIT ?3`)
  const forward = listed('>= ?1 AND id < ?2', 'ASC')
  const backward = listed('<= ?1 AND id > ?2', 'DESC')
  const put = db.write(`INSERT OR REPLACE INTO webhooks (${WEBHOOK}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const remove = db.write('DELETE FROM webhooks WHERE id = ?')
  const removeDeliveries = db.write('DELETE FROM webhook_deliveries WHERE webhook_id = ?')

  const add = db.write(
    `INSERT OR IGNORE INTO webhook_deliveries (${DELIVERY}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const due = db.read<DeliveryRecord>(
    `SELECT ${DELIVERY} FROM webhook_deliveries WHERE webhook_id = ? AND due_at <= ? ORDER BY due_at, change LIMIT ?`,
  )
  const take = db.write('UPDATE webhook_deliveries SET due_at = ?, attempts = attempts + 1 WHERE id = ?')
  const settle = db.write(
    `UPDATE webhook_deliveries SET status = ?3, due_at = ?4, attempted_at = ?5, status_code = ?6, error = ?7, duration_ms = ?8,
     expires_at = ?9 WHERE id = ?1 AND attempts = ?2 AND due_at IS NOT NULL`,
  )
  const count = db.read<{ count: number }>(
    'SELECT count(*) AS count FROM webhook_deliveries WHERE webhook_id = ? AND due_at IS NOT NULL',
  )
  const deliveries = (edge: string, direction: string) =>
    db.read<DeliveryRecord>(
      `SELECT ${DELIVERY} FROM webhook_deliveries WHERE webhook_id = ?4 AND id ${edge} AND (?5 IS NULL OR status = ?5)
       ORDER BY id ${direction} LIMIT ?3`,
    )
  const oldest = deliveries('>= ?1 AND id < ?2', 'ASC')
  const newest = deliveries('<= ?1 AND id > ?2', 'DESC')
  const replay = db.write(
    `UPDATE webhook_deliveries SET status = 'waiting', attempts = 0, due_at = ?1, expires_at = NULL
     WHERE webhook_id = ?2 AND id >= ?3 AND id <= ?4 AND due_at IS NULL AND (?5 IS NULL OR status = ?5)`,
  )
  const drop = db.write('DELETE FROM webhook_deliveries WHERE webhook_id = ? AND due_at IS NOT NULL')

  function write(webhook: WebhookRecord): void {
    put(
      webhook.id,
      webhook.url,
      webhook.events && JSON.stringify(webhook.events),
      webhook.conversation_id,
      webhook.description,
      webhook.secret,
      webhook.previous_secret,
      webhook.previous_until,
      flag(webhook.enabled),
      webhook.disabled_reason,
      webhook.failing_since,
      webhook.created_by,
      webhook.created_at,
      webhook.updated_at,
    )
  }

  return {
    create: webhook => commits.submit(() => write(webhook)),
    async find(id) {
      const row = one.get(id)
      return row && toWebhook(row)
    },
    async list(page) {
      return (page.ascending ? forward : backward).all(...range(page), page.limit).map(toWebhook)
    },
    update: (id, patch) =>
      commits.submit(() => {
        const row = one.get(id)
        if (!row) return null
        const webhook = { ...toWebhook(row), ...patch }
        write(webhook)
        return webhook
      }),
    remove: id =>
      commits.submit(() => {
        removeDeliveries(id)
        return remove(id) > 0
      }),
    addDeliveries: added =>
      commits.ride(() => {
        for (const each of added)
          add(
            each.id,
            each.webhook_id,
            each.event,
            each.stream,
            each.change,
            each.status,
            each.attempts,
            each.due_at,
            each.attempted_at,
            each.status_code,
            each.error,
            each.duration_ms,
            each.created_at,
            each.expires_at,
          )
      }),
    claim: (webhook_id, now, until, limit) =>
      commits.ride(() =>
        due.all(webhook_id, now, limit).map(delivery => {
          take(until, delivery.id)
          return { ...delivery, due_at: until, attempts: delivery.attempts + 1 }
        }),
      ),
    settle: ({ id, attempts }, { status, due_at, attempted_at, status_code, error, duration_ms, expires_at }) =>
      commits.ride(() => {
        settle(id, attempts, status, due_at, attempted_at, status_code, error, duration_ms, expires_at)
      }),
    async waiting(webhook_id) {
      return count.get(webhook_id)?.count ?? 0
    },
    async deliveries(webhook_id, { status = null }: { status?: string | null }, page) {
      return (page.ascending ? oldest : newest).all(...range(page), page.limit, webhook_id, status)
    },
    replay: (
      webhook_id,
      { first, last, status = null }: { first: string; last: string; status?: string | null },
      now,
    ) => commits.submit(() => replay(now, webhook_id, first, last, status)),
    dropWaiting: webhook_id => commits.submit(() => void drop(webhook_id)),
  }
}

export function toWebhook({ events, enabled, ...row }: WebhookRow): WebhookRecord {
  // Cast: written by `write`.
  return {
    ...row,
    events: events === null ? null : (JSON.parse(events) as WebhookRecord['events']),
    enabled: enabled === 1,
  }
}
