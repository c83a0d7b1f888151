import type { Services } from '../context.ts'
import { analyticsFollower } from '../features/analytics/follower.ts'
import { messageFollower } from '../features/notifications/message-follower.ts'
import { readFollower } from '../features/notifications/read-follower.ts'
import { openSearchFollower } from '../features/search/follower.ts'
import type { Follower } from './follower.ts'

/** All followers of the log. */
export function openFollowers(services: Services): readonly Follower[] {
  return [
    analyticsFollower(services.storage.rollups),
    messageFollower(services),
    readFollower(services),
    openSearchFollower(services.searchIndex),
  ]
}
