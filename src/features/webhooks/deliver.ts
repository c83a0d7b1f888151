import { DELIVERY_DAYS } from '../../../contracts/webhooks.ts'
import type { Services } from '../../context.ts'
import { pauseAfter, type DeliveryRecord, type WebhookRecord } from '../../domain/webhooks.ts'
import type { StoredEntry } from '../../ports/storage.ts'
import { attempt } from './attempt.ts'

const DELIVERY_MS = DELIVERY_DAYS * 24 * 60 * 60 * 1_000

type Deps = Pick<Services, 'storage' | 'webhookSender' | 'clock'>

export interface Delivered {
  result: 'delivered' | 'failed' | 'dropped'
  status_code: number | null
}

/** Carries out one attempt of a delivery and stores what became of it. */
export async function deliver(deps: Deps, webhook: WebhookRecord, delivery: DeliveryRecord): Promise<Delivered> {
  const { storage, clock } = deps
  const entry = await entryOf(deps, delivery)
  if (!entry) {
    const nothing = { status_code: null, error: null, duration_ms: null }
    await storage.webhooks.settle(delivery, { ...ended(clock(), 'dropped'), ...nothing })
    return { result: 'dropped', status_code: null }
  }
  const body = bodyOf(delivery.id, entry)
  const { delivered, retry_after_ms, ...answer } = await attempt(deps, webhook, delivery.id, body)
  const now = clock()
  const pause = delivered ? null : pauseAfter(delivery.attempts, retry_after_ms, Math.random())
  const outcome = pause === null ? ended(now, delivered ? 'delivered' : 'failed') : waiting(now, pause)
  await storage.webhooks.settle(delivery, { ...outcome, ...answer })
  return { result: delivered ? 'delivered' : 'failed', status_code: answer.status_code }
}

/** The event as the log has it now; null: its conversation was purged. */
async function entryOf({ storage }: Deps, { stream, change, event }: DeliveryRecord): Promise<StoredEntry | null> {
  const [entry] = await storage.log.read(stream, change - 1, 1)
  if (!entry) return null
  const purged = event !== 'conversation.deleted' && (await storage.conversations.find(stream)) === null
  return purged ? null : entry
}

/** Of the event, in the form that Standard Webhooks recommends. Names and ids contain nothing that JSON would escape. */
function bodyOf(id: string, { event, at, stream, change, json }: StoredEntry): string {
  return `{"type":"${event}","timestamp":"${at}","id":"${id}","conversation_id":"${stream}","change":${change},"data":${json}}`
}

function waiting(now: Date, pause_ms: number) {
  const due_at = new Date(now.getTime() + pause_ms).toISOString()
  return { status: 'waiting' as const, due_at, attempted_at: now.toISOString(), expires_at: null }
}

function ended(now: Date, status: 'delivered' | 'failed' | 'dropped') {
  return {
    status,
    due_at: null,
    attempted_at: now.toISOString(),
    expires_at: new Date(now.getTime() + DELIVERY_MS).toISOString(),
  }
}
