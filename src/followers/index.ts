import type { Services } from '../context.ts'
import type { Follower } from './follower.ts'

/** All followers of the log. */
export function openFollowers(_services: Services): readonly Follower[] {
  return []
}
