import { AppError } from '../../../contracts/errors.ts'
import type { Operation } from '../../../contracts/kit.ts'

/**
 * The input of a list as an infinite query of tRPC gives it: `cursor` is the `next_start` of the page before and takes the place
 * of `start`; `direction` says which way the pages go, which only a list itself can say.
 */
export function pagedInput({ method, input: { shape } }: Operation, input: unknown): unknown {
  if (method !== 'GET' || !('start' in shape) || !isFields(input)) return input
  const { cursor, direction, ...fields } = input
  if (direction !== undefined && direction !== 'forward')
    throw new AppError('validation_failed', {
      errors: [{ path: 'direction', message: 'must be forward: use sort to read the other way' }],
    })
  return cursor === undefined || cursor === null ? fields : { ...fields, start: cursor }
}

function isFields(input: unknown): input is Record<string, unknown> {
  return typeof input === 'object' && input !== null && !Array.isArray(input)
}
