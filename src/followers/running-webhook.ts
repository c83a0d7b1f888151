import type { Services } from '../context.ts'
import { changeAfter, type DeliveryRecord, type WebhookRecord } from '../domain/webhooks.ts'
import { deliver, type Delivered } from '../features/webhooks/deliver.ts'
import { webhookFollower } from '../features/webhooks/follower.ts'
import type { Lag } from '../ports/following.ts'
import { Unavailable, type StoredEntry } from '../ports/storage.ts'
import { FollowerRunner } from './runner.ts'

/** Requests to one webhook that run side by side. */
const AT_ONCE = 8
/** Longer than a request takes. What was in progress when the process was killed is sent again so late. */
const CLAIM_MS = 30_000
/** With so many deliveries waiting, the follower pauses: the log has the rest. */
const MAX_WAITING = 10_000
/** How long stopping waits for requests that run. */
const STOP_MS = 2_000

export interface RunningWebhookOptions {
  services: Pick<Services, 'storage' | 'webhookSender' | 'clock' | 'logger'>
  /** Whether this process does the store's background work now. */
  owns: () => boolean
  /** Called with the result of each attempt. */
  attempted: (result: Delivered['result']) => void
  monotonic: () => number
}

/** One webhook that is enabled: its follower queues deliveries, and up to eight requests at once send them. */
export class RunningWebhook implements AsyncDisposable {
  webhook: WebhookRecord
  /** Deliveries that wait for an attempt, when they were last counted. */
  waiting = 0
  readonly #options: RunningWebhookOptions
  readonly #runner: FollowerRunner
  readonly #requests = new Set<Promise<void>>()
  #claiming = false
  /** Something was queued while the last claim was in progress. */
  #again = false
  #stopped = false

  constructor(webhook: WebhookRecord, options: RunningWebhookOptions) {
    this.webhook = webhook
    this.#options = options
    const { services, owns, monotonic } = options
    const follower = webhookFollower(services, webhook.id, () => this.webhook)
    const handle = async (entries: readonly StoredEntry[]) => {
      await follower.handle(entries)
      void this.send()
    }
    this.#runner = new FollowerRunner(
      { ...follower, handle },
      {
        log: services.storage.log,
        owns: () => owns() && this.waiting < MAX_WAITING,
        logger: services.logger,
        monotonic,
      },
    )
  }

  get stuck(): boolean {
    return this.#runner.stuck
  }

  lag(): Promise<Lag> {
    return this.#runner.lag()
  }

  /** Claims what is due, as long as there is room for requests. */
  async send(): Promise<void> {
    this.#again = true
    if (this.#claiming) return
    this.#claiming = true
    try {
      while (this.#again && this.#maySend()) {
        const claimed = await this.#claim(AT_ONCE - this.#requests.size)
        for (const delivery of claimed) this.#request(delivery)
        this.#again ||= claimed.length > 0
      }
    } catch (error) {
      this.#complain(error, 'deliveries cannot be claimed')
    } finally {
      this.#claiming = false
    }
  }

  #maySend(): boolean {
    return !this.#stopped && this.webhook.enabled && this.#options.owns() && this.#requests.size < AT_ONCE
  }

  #claim(limit: number): Promise<DeliveryRecord[]> {
    const { storage, clock } = this.#options.services
    const now = clock()
    const until = new Date(now.getTime() + CLAIM_MS).toISOString()
    this.#again = false
    return storage.webhooks.claim(this.webhook.id, now.toISOString(), until, limit)
  }

  #request(delivery: DeliveryRecord): void {
    const request = deliver(this.#options.services, this.webhook, delivery)
      .then(delivered => this.#learn(delivered))
      // The claim ends by itself, and the delivery is tried again.
      .catch((error: unknown) => this.#complain(error, 'a delivery cannot be stored'))
      .finally(() => {
        this.#requests.delete(request)
        void this.send()
      })
    this.#requests.add(request)
  }

  async #learn({ result, status_code }: Delivered): Promise<void> {
    const { services, attempted } = this.#options
    attempted(result)
    if (result === 'dropped') return
    const attempt = { delivered: result === 'delivered', status_code }
    const change = changeAfter(this.webhook, attempt, services.clock())
    if (!change) return
    this.webhook = { ...this.webhook, ...change }
    const { id: webhook_id, enabled, disabled_reason: reason } = this.webhook
    if (!enabled) services.logger.warn({ webhook_id, reason }, 'a webhook was disabled')
    await services.storage.webhooks.update(webhook_id, change)
  }

  /** That the store is away is reported by other calls. */
  #complain(error: unknown, what: string): void {
    if (error instanceof Unavailable) return
    this.#options.services.logger.warn({ err: error, webhook_id: this.webhook.id }, what)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true
    await this.#runner[Symbol.asyncDispose]()
    await Promise.race([Promise.allSettled(this.#requests), Bun.sleep(STOP_MS)])
  }
}
