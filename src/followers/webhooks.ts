import { MAX_WEBHOOKS } from '../../contracts/webhooks.ts'
import type { Lag } from '../ports/following.ts'
import { RunningWebhook, type RunningWebhookOptions } from './running-webhook.ts'

/** More than there may be: calls that create the last ones at the same time can pass the limit. */
const MOST = 2 * MAX_WEBHOOKS

/**
 * Runs the webhooks that are enabled. They share nothing, so that one whose receiver is slow or away delays no other. What
 * owns the background work calls `keep` again and again.
 */
export class Webhooks implements AsyncDisposable {
  readonly #options: RunningWebhookOptions
  readonly #running = new Map<string, RunningWebhook>()
  #stopped = false

  constructor(options: RunningWebhookOptions) {
    this.#options = options
  }

  /** Over all webhooks: what is not queued yet. */
  async lag(): Promise<Lag> {
    const lags = await Promise.all([...this.#running.values()].map(running => running.lag()))
    const oldest_at = lags.flatMap(lag => lag.oldest_at ?? []).toSorted()[0] ?? null
    return { streams: lags.reduce((sum, { streams }) => sum + streams, 0), oldest_at }
  }

  /** Deliveries that wait for an attempt, as of a second ago; 0 where the background work is not done. */
  get waiting(): number {
    if (!this.#options.owns()) return 0
    return [...this.#running.values()].reduce((sum, { waiting }) => sum + waiting, 0)
  }

  get stuck(): boolean {
    return [...this.#running.values()].some(running => running.stuck)
  }

  /** Makes those that run what is stored now, and sends what is due. */
  async keep(): Promise<void> {
    const { webhooks } = this.#options.services.storage
    const found = await webhooks.list({ ascending: true, limit: MOST })
    const enabled = new Map(found.filter(webhook => webhook.enabled).map(webhook => [webhook.id, webhook]))
    for (const [id, running] of this.#running) {
      // One that was changed may have another follower of the same name.
      if (enabled.get(id)?.updated_at === running.webhook.updated_at) continue
      this.#running.delete(id)
      await running[Symbol.asyncDispose]()
      // Its follower may have queued something after it was deleted.
      if (!found.some(webhook => webhook.id === id)) await webhooks.remove(id)
    }
    for (const webhook of enabled.values()) {
      if (this.#stopped) return
      const running = this.#running.get(webhook.id) ?? new RunningWebhook(webhook, this.#options)
      this.#running.set(webhook.id, running)
      running.webhook = webhook
      running.waiting = await webhooks.waiting(webhook.id)
      if (running.waiting > 0) void running.send()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true
    await Promise.all([...this.#running.values()].map(running => running[Symbol.asyncDispose]()))
  }
}
