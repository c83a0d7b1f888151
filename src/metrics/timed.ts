import { Unavailable, type Storage } from '../ports/storage.ts'
import type { Measurements, MethodCounts } from './measurements.ts'

/** The store with every method of its aggregates timed. */
export function timedStorage(storage: Storage, measurements: Measurements): Storage {
  const whole = timed(storage, 'storage', measurements)
  for (const [name, part] of Object.entries(storage) as [string, unknown][]) {
    if (typeof part !== 'object' || part === null) continue
    Object.defineProperty(whole, name, { value: timed(part, 'storage', measurements, `${name}.`), enumerable: true })
  }
  return whole
}

/** The port with every method that gives a promise timed. */
export function timed<T extends object>(port: T, name: string, measurements: Measurements, prefix = ''): T {
  const wrapped: Record<PropertyKey, unknown> = {}
  for (const key of keysOf(port)) {
    // Cast: keys of an object, whose type does not matter here.
    const value = (port as Record<PropertyKey, unknown>)[key]
    if (typeof value === 'function' && typeof key === 'string')
      wrapped[key] = timedMethod(port, value as Method, measurements.methods.of(`${name}:${prefix}${key}`))
    else if (typeof value === 'function') wrapped[key] = value.bind(port)
    else
      Object.defineProperty(wrapped, key, { get: () => Reflect.get(port, key), enumerable: true, configurable: true })
  }
  // Cast: it has the methods and properties of the port.
  return wrapped as T
}

type Method = (...args: unknown[]) => unknown

function timedMethod(port: object, method: Method, counts: MethodCounts): Method {
  const failed = (begun: number, error: unknown) => {
    counts.durations.observe(performance.now() - begun)
    if (error instanceof Unavailable) counts.failures += 1
  }
  return (...args) => {
    const begun = performance.now()
    const answer = method.apply(port, args)
    if (answer instanceof Promise)
      answer.then(
        () => counts.durations.observe(performance.now() - begun),
        (error: unknown) => failed(begun, error),
      )
    return answer
  }
}

/** Of the object and its prototypes. */
function keysOf(object: object): Set<PropertyKey> {
  const keys = new Set<PropertyKey>()
  for (let at: unknown = object; typeof at === 'object' && at !== null && at !== Object.prototype;) {
    for (const key of Reflect.ownKeys(at)) if (key !== 'constructor') keys.add(key)
    at = Object.getPrototypeOf(at)
  }
  return keys
}
