/**
 * What the live connection does now; the same object until something in it changes. `retry_at` is milliseconds since 1970 by
 * this machine's clock.
 *
 * - `connecting`: a socket is opened and signed in.
 * - `catching_up`: the events that were missed are being replayed.
 * - `up_to_date`: every event so far has been given.
 * - `offline`, `waiting`: no connection, because the platform has no network or for another reason; tried again at `retry_at`.
 * - `rate_limited`: the server refuses more requests of this user until `retry_at`.
 * - `paused`: the page is in the page cache or the app in the background; continues when it is shown.
 * - `signed_out`, `closed`: over until `open`. `reason` is null before the first `open` and after `close`.
 */
export type LiveStatus =
  | { readonly state: 'connecting' | 'catching_up' | 'up_to_date' | 'paused' | 'signed_out' }
  | { readonly state: 'offline' | 'waiting' | 'rate_limited'; readonly retry_at: number }
  | { readonly state: 'closed'; readonly reason: Error | null }
