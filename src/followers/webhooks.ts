import { MAX_WEBHOOKS } from '../../contracts/webhooks.ts'
import type { Lag } from '../ports/following.ts'
import { Unavailable } from '../ports/storage.ts'
import { RunningWebhook, type RunningWebhookOptions } from './running-webhook.ts'

/** How often the webhooks are read again, and what is due is looked for. */
const LOOK_MS = 1_000

/** More than there may be: calls that create the last ones at the same time can pass the limit. */
const MOST = 2 * MAX_WEBHOOKS

/**
 * Runs the webhooks that are enabled, on the process that owns the background work. They share nothing, so that one whose
 * receiver is slow or away delays no other.
 */
export class WebhookRunner implements AsyncDisposable {
  readonly #options: RunningWebhookOptions
  readonly #running = new Map<string, RunningWebhook>()
  readonly #loop: Promise<void>
  #wake: () => void = () => undefined
  #stopped = false

  constructor(options: RunningWebhookOptions) {
    this.#options = options
    this.#loop = this.#run()
  }

  /** Over all webhooks: what is not queued yet. */
  async lag(): Promise<Lag> {
    const lags = await Promise.all([...this.#running.values()].map(running => running.lag()))
    const oldest_at = lags.flatMap(lag => lag.oldest_at ?? []).toSorted()[0] ?? null
    return { streams: lags.reduce((sum, { streams }) => sum + streams, 0), oldest_at }
  }

  /** Deliveries that wait for an attempt, as of a second ago. */
  get waiting(): number {
    return [...this.#running.values()].reduce((sum, { waiting }) => sum + waiting, 0)
  }

  get stuck(): boolean {
    return [...this.#running.values()].some(running => running.stuck)
  }

  async #run(): Promise<void> {
    let failing = false
    while (!this.#stopped) {
      try {
        await this.#look()
        failing = false
      } catch (error) {
        // That the store is away is reported by other calls.
        if (!failing && !(error instanceof Unavailable))
          this.#options.services.logger.warn({ err: error }, 'webhooks cannot be read')
        failing = true
      }
      await this.#sleep()
    }
  }

  async #look(): Promise<void> {
    const { owns, services } = this.#options
    const { webhooks } = services.storage
    const mine = owns()
    const found = mine ? await webhooks.list({ ascending: true, limit: MOST }) : []
    const enabled = new Map(found.filter(webhook => webhook.enabled).map(webhook => [webhook.id, webhook]))
    for (const [id, running] of this.#running) {
      // One that was changed may have another follower of the same name.
      if (enabled.get(id)?.updated_at === running.webhook.updated_at) continue
      this.#running.delete(id)
      await running[Symbol.asyncDispose]()
      // Its follower may have queued something after it was deleted.
      if (mine && !found.some(webhook => webhook.id === id)) await webhooks.remove(id)
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

  #sleep(): Promise<void> {
    if (this.#stopped) return Promise.resolve()
    return new Promise(resolve => {
      const timer = setTimeout(resolve, LOOK_MS)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true
    this.#wake()
    await this.#loop
    await Promise.all([...this.#running.values()].map(running => running[Symbol.asyncDispose]()))
  }
}
