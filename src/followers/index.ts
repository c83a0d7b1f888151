import type { Services } from '../context.ts'
import { analyticsFollower } from '../features/analytics/follower.ts'
import type { Follower } from './follower.ts'

/** All followers of the log. */
export function openFollowers({ storage }: Services): readonly Follower[] {
  return [analyticsFollower(storage.rollups)]
}
