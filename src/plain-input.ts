import type { FieldError } from '../contracts/errors.ts'

const DEEPEST = 64

/**
 * What no schema would find in an input, whichever transport parsed it: nesting beyond reason, and keys that would reach a
 * prototype. Goes level by level, so that hostile depth meets no recursion.
 */
export function findFlaw(input: unknown): FieldError | null {
  for (let [level, depth] = [childrenOf('', input), 1]; level.length > 0; depth += 1) {
    const forbidden = level.find(({ value }) => Object.hasOwn(value, '__proto__'))
    if (forbidden) return { path: forbidden.path, message: 'holds a forbidden key' }
    const [first] = level
    if (depth > DEEPEST && first) return { path: first.path, message: `is nested deeper than ${DEEPEST} levels` }
    level = level.flatMap(({ path, value }) =>
      Object.entries(value).flatMap(([key, inner]) => childrenOf(path || key.slice(0, 64), inner)),
    )
  }
  return null
}

/** `path` is the field of the input that an object stands in. */
function childrenOf(path: string, value: unknown): { path: string; value: object }[] {
  return typeof value === 'object' && value !== null ? [{ path, value }] : []
}
