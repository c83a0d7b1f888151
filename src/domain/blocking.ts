/** What two users have blocked, as one of them sees it. */
export interface Relation {
  blocked_by_me: boolean
  blocks_me: boolean
}
