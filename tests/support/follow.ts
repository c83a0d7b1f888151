import type { Followed } from '../../src/ports/sync.ts'
import { until } from './until.ts'

export interface Following {
  readonly items: { id: string; data: Followed }[]
  /** The data of an event `serialized-error`; null without one. */
  readonly error: string | null
  readonly ended: boolean
  stop(): void
  /** The changes of a stream, in the order they came. */
  changes(stream: string): number[]
  /** The streams that are to be fetched anew, with the change to fetch up to. */
  resyncs(): [string, number][]
}

export interface FollowOptions {
  token?: string
  /** More of the query, such as a ticket. */
  query?: Record<string, string>
  lastEventId?: string
  fetch?: typeof fetch
}

/** Reads the tRPC subscription as an EventSource would. */
export async function follow(url: string, options: FollowOptions): Promise<Following> {
  const { token, query = {}, lastEventId, fetch = globalThis.fetch } = options
  const abort = new AbortController()
  const input = JSON.stringify(lastEventId === undefined ? {} : { lastEventId })
  const response = await fetch(`${url}/trpc/sync.follow?${new URLSearchParams({ input, ...query })}`, {
    headers: { accept: 'text/event-stream', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
    signal: abort.signal,
  })
  if (response.status !== 200) throw new Error(`the subscription answers ${response.status}`)
  const items: Following['items'] = []
  const state: { connected: boolean; ended: boolean; error: string | null } = {
    connected: false,
    ended: false,
    error: null,
  }
  const take = (message: string) => {
    const lines = Object.fromEntries(
      message.split('\n').map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
    )
    if (lines['event'] === 'connected') state.connected = true
    if (lines['event'] === 'serialized-error') state.error = lines['data'] ?? ''
    if (lines['id'] && lines['data']) items.push({ id: lines['id'], data: JSON.parse(lines['data']) as Followed })
  }
  const reading = (async () => {
    const decoder = new TextDecoder()
    let text = ''
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true })
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        take(text.slice(0, end))
        text = text.slice(end + 2)
      }
    }
  })()
  reading
    .catch(() => undefined)
    .finally(() => {
      state.ended = true
    })
  await until(() => state.connected, 'the subscription is connected')
  return {
    items,
    get error() {
      return state.error
    },
    get ended() {
      return state.ended
    },
    stop: () => abort.abort(),
    changes: stream =>
      items.flatMap(({ data: { frame } }) =>
        frame.type === 'event' && frame.stream === stream ? [frame.change ?? 0] : [],
      ),
    resyncs: () =>
      items.flatMap(({ data: { frame } }) => (frame.type === 'resync' ? [[frame.stream, frame.change]] : [])),
  }
}
