/** What a receiver answered, or why there was no answer. */
export type WebhookAnswer =
  | { readonly status: number; readonly retry_after_ms: number | null }
  | { readonly status: null; readonly error: string }

/** Sends to URLs that an ADMIN gave. */
export interface WebhookSender {
  /** The rule that the URL breaks; null: none. Sends nothing. */
  check(url: string): Promise<string | null>
  /** Follows no redirect. Never rejects, and ends within 15 s. No error holds an address. */
  post(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<WebhookAnswer>
}
