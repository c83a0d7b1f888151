import { dictionary } from '@zxcvbn-ts/language-common'

/** Shortest password that is accepted at all; shorter ones need not be looked up. */
const SHORTEST = 8
const COMMON = new Set((dictionary['passwords-common'] ?? []).map(String).filter(word => word.length >= SHORTEST))

/** Whether the password is one of the roughly 18,000 most used ones that are long enough, without regard to case. */
export function isCommonPassword(password: string): boolean {
  return COMMON.has(password.toLowerCase())
}
