import { Counter, Gauge, Registry, collectDefaultMetrics, type Metric } from 'prom-client'
import type { Background } from '../background.ts'
import { BOUNDS, type Durations } from './counts.ts'
import type { Measurements, StatusCounts } from './measurements.ts'

/** Numbers of the moment. What cannot be read now is left out. */
export interface Sources {
  version: string
  sockets: () => number
  streams: () => number
  online: () => number
  busConnected: () => boolean
  background: Pick<Background, 'owned' | 'lags' | 'queues' | 'waitingDeliveries'>
}

type Labels = Record<string, string>

/** Families of the library that Bun does not fill. */
const EMPTY = /^nodejs_(?:heap_space|active|version)/

/** The text of `/metrics`. */
export class Exposition {
  readonly #measurements: Measurements
  readonly #sources: Sources
  #registry: Registry | null = null

  constructor(measurements: Measurements, sources: Sources) {
    this.#measurements = measurements
    this.#sources = sources
  }

  get contentType(): string {
    return Registry.PROMETHEUS_CONTENT_TYPE
  }

  text(): Promise<string> {
    return (this.#registry ??= this.#open()).metrics()
  }

  /** At the first request, because the library's metrics of the process start timers that it does not end. */
  #open(): Registry {
    const registry = new Registry()
    collectDefaultMetrics({ register: registry })
    for (const { name } of registry.getMetricsAsArray()) if (EMPTY.test(name)) registry.removeSingleMetric(name)
    this.#addCounts(registry)
    this.#addGauges(registry)
    return registry
  }

  #addCounts(registry: Registry): void {
    const { calls, requests, errors, rate_limited, events, sockets_closed, methods, jobs } = this.#measurements
    const measured = this.#measurements
    const counter = (name: string, help: string, labels: readonly string[], read: () => Iterable<[Labels, number]>) =>
      new Counter({ name, help, labelNames: labels, registers: [registry], collect: fill(read) })
    const one = (name: string, help: string, read: () => number) => counter(name, help, [], () => [[{}, read()]])
    const keyed = (label: string, counts: { entries(): Iterable<[string, number]> }) => () =>
      map(counts.entries(), ([key, count]) => [{ [label]: key }, count] as [Labels, number])

    counter('parley_calls_total', 'Calls of operations', ['operation', 'transport', 'status'], () =>
      flat(calls.entries(), ([operation, { statuses }]) =>
        Object.entries(statuses).flatMap(([transport, counts]) => byStatus(counts, { operation, transport })),
      ),
    )
    histogram(registry, 'parley_call_duration_seconds', 'Time that calls took', () =>
      flat(calls.entries(), ([operation, { durations }]) => (durations.count > 0 ? [[{ operation }, durations]] : [])),
    )
    counter('parley_http_requests_total', 'HTTP requests, other than operations too', ['route', 'status'], () =>
      flat(requests.entries(), ([route, counts]) => byStatus(counts, { route })),
    )
    counter('parley_errors_total', 'Calls that ended in an error', ['code'], keyed('code', errors))
    counter('parley_rate_limited_total', 'Calls above a limit', ['policy'], keyed('policy', rate_limited))
    one('parley_frames_received_total', 'Frames that came from sockets', () => measured.frames_received)
    counter('parley_events_total', 'Events for sockets here, each counted once', ['event'], keyed('event', events))
    one('parley_event_deliveries_total', 'Sockets to which events were sent', () => measured.deliveries)
    counter('parley_sockets_closed_total', 'Sockets that were closed', ['code'], keyed('code', sockets_closed))
    const { webhook_attempts } = measured
    const results = keyed('result', webhook_attempts)
    counter('parley_webhook_attempts_total', 'Requests to webhooks', ['result'], results)
    one('parley_bus_losses_total', 'Times that the connection to the bus was lost', () => measured.bus_losses)
    histogram(registry, 'parley_dependency_duration_seconds', 'Time that calls of a dependency took', () =>
      flat(methods.entries(), ([key, { durations }]) => (durations.count > 0 ? [[methodOf(key), durations]] : [])),
    )
    counter(
      'parley_dependency_failures_total',
      'Calls of a dependency that found it unavailable',
      ['dependency', 'method'],
      () =>
        flat(methods.entries(), ([key, { durations, failures }]) =>
          durations.count > 0 ? [[methodOf(key), failures]] : [],
        ),
    )
    histogram(registry, 'parley_job_duration_seconds', 'Time that background jobs took', () =>
      map(jobs.entries(), ([job, { durations }]) => [{ job }, durations]),
    )
    counter('parley_job_failures_total', 'Background jobs that failed', ['job'], () =>
      map(jobs.entries(), ([job, { failures }]) => [{ job }, failures]),
    )
  }

  #addGauges(registry: Registry): void {
    const { version, sockets, streams, online, busConnected, background } = this.#sources
    type Read = () => Iterable<[Labels, number]> | Promise<Iterable<[Labels, number]>>
    const gauge = (name: string, help: string, labelNames: readonly string[], read: Read) =>
      new Gauge({ name, help, labelNames, registers: [registry], collect: fill(read) })
    const one = (name: string, help: string, read: () => number) => gauge(name, help, [], () => [[{}, read()]])
    const [lags, queues] = [shared(() => background.lags()), shared(() => background.queues())]

    gauge('parley_build_info', 'The version, always 1', ['version'], () => [[{ version }, 1]])
    one('parley_sockets', 'Sockets that are open', sockets)
    one('parley_live_streams', 'Streams that sockets and subscriptions here read', streams)
    one('parley_users_online', 'Users who are online, on all nodes', online)
    one('parley_bus_connected', '1 while the bus between the nodes is connected', () => Number(busConnected()))
    one('parley_background_owner', '1 on the process that does the background work', () => Number(background.owned))
    gauge(
      'parley_follower_lag_streams',
      'Streams with entries that a follower has not handled',
      ['follower'],
      async () => (await lags()).map(lag => [{ follower: lag.follower }, lag.streams]),
    )
    gauge('parley_follower_lag_seconds', 'Age of the oldest entry that it has not handled', ['follower'], async () =>
      (await lags()).map(lag => [{ follower: lag.follower }, lag.seconds]),
    )
    one('parley_webhook_deliveries_waiting', 'Deliveries of webhooks that wait for an attempt', () =>
      background.waitingDeliveries(),
    )
    gauge('parley_queue_jobs', 'Jobs of a queue: due, or failed for good', ['queue', 'state'], async () =>
      (await queues()).flatMap(({ queue, due, dead }): [Labels, number][] => [
        [{ queue, state: 'due' }, due],
        [{ queue, state: 'dead' }, dead],
      ]),
    )
    gauge('parley_queue_lag_seconds', 'How long the oldest job has been due', ['queue'], async () =>
      (await queues()).map(({ queue, seconds }) => [{ queue }, seconds]),
    )
  }
}

/** What the library calls before it writes a metric: puts the present numbers into it. */
function fill(read: () => Iterable<[Labels, number]> | Promise<Iterable<[Labels, number]>>) {
  return async function collect(this: Counter | Gauge): Promise<void> {
    this.reset()
    // A dependency that is away must not keep the other numbers from being read.
    const numbers = await Promise.resolve(read()).catch(() => [])
    for (const [labels, value] of numbers) this.inc(labels, value)
  }
}

/** The library's histogram can only be filled observation by observation; this one has counted buckets. */
function histogram(registry: Registry, name: string, help: string, read: () => Iterable<[Labels, Durations]>): void {
  const family = {
    name,
    get: async () => ({ name, help, type: 'histogram', aggregator: 'sum', values: [...flat(read(), linesOf(name))] }),
  }
  // Cast: of a metric the registry uses its name and `get` only.
  registry.registerMetric(family as unknown as Metric)
}

function linesOf(name: string) {
  return ([labels, { buckets, count, seconds }]: [Labels, Durations]) => {
    let sum = 0
    const lines = buckets.map((bucket, at) => {
      sum += bucket
      return { metricName: `${name}_bucket`, labels: { ...labels, le: BOUNDS[at] ?? '+Inf' }, value: sum }
    })
    return [
      ...lines,
      { metricName: `${name}_sum`, labels, value: seconds },
      { metricName: `${name}_count`, labels, value: count },
    ]
  }
}

function byStatus({ classes }: StatusCounts, labels: Labels): [Labels, number][] {
  return classes.flatMap((count, first): [Labels, number][] =>
    count === 0 ? [] : [[{ ...labels, status: `${first}xx` }, count]],
  )
}

function methodOf(key: string): Labels {
  const [dependency = '', method = ''] = key.split(':')
  return { dependency, method }
}

/** One read for all that ask while it is in progress, as the families of one scrape do. */
function shared<T>(read: () => Promise<T>): () => Promise<T> {
  let reading: Promise<T> | null = null
  return () =>
    (reading ??= read().finally(() => {
      reading = null
    }))
}

function* map<T, U>(items: Iterable<T>, make: (item: T) => U): Iterable<U> {
  for (const item of items) yield make(item)
}

function* flat<T, U>(items: Iterable<T>, make: (item: T) => Iterable<U>): Iterable<U> {
  for (const item of items) yield* make(item)
}
