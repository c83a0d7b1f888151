import type { FieldError } from '../contracts/errors.ts'

const DEEPEST = 64

/**
 * Finds input that no schema refuses, or that transports would refuse with different messages: too deep nesting, the key
 * `__proto__`, numbers that were rounded by parsing (`http/exact-json.ts`). Goes level by level, so that deep input causes no
 * recursion. `path` is the field of the input.
 */
export function findFlaw(input: unknown): FieldError | null {
  let level: { path: string; value: unknown }[] = [{ path: '', value: input }]
  for (let depth = 0; level.length > 0; depth += 1) {
    const below: typeof level = []
    for (const { path, value } of level) {
      if (typeof value === 'number' && !Number.isFinite(value))
        return { path, message: 'holds a number that a double-precision number cannot keep' }
      if (typeof value !== 'object' || value === null) continue
      if (Object.hasOwn(value, '__proto__')) return { path, message: 'holds a forbidden key' }
      if (depth === DEEPEST) return { path, message: `is nested deeper than ${DEEPEST} levels` }
      for (const [key, inner] of Object.entries(value))
        if (typeof inner === 'object' || typeof inner === 'number')
          below.push({ path: path || key.slice(0, 64), value: inner })
    }
    level = below
  }
  return null
}
