import type { ErrorDetails } from '../../contracts/errors.ts'
import { dictionary } from '@zxcvbn-ts/language-common'

/** The shortest password that is accepted; shorter ones are not in the list. */
const SHORTEST = 8
const WORDS = new Set((dictionary['passwords-common'] ?? []).map(String).filter(word => word.length >= SHORTEST))

/** The message of the refusal. */
export const COMMON = 'is one of the commonly used passwords'

/** Whether the password is one of the roughly 18,000 most used ones that are long enough, without regard to case. */
export function isCommonPassword(password: string): boolean {
  return WORDS.has(password.normalize('NFKC').toLowerCase())
}

/** Refuses a new password that is too common; `path` is the field that holds it. */
export function refuseCommon(
  fail: (code: 'validation_failed', details: ErrorDetails) => never,
  path: string,
  password: string,
): void {
  if (isCommonPassword(password)) fail('validation_failed', { errors: [{ path, message: COMMON }] })
}
