import type { Status } from '../../contracts/entities.ts'

/** Who is online, on all nodes, and what viewers see of it. */
export interface Presence {
  /** The statuses as the viewer sees them, in the order given; an id of nobody looks offline. At most 1,000 ids. */
  statuses(viewer_id: string, user_ids: readonly string[]): Promise<Status[]>
  /** As `statuses`; from now on the subscriber, if it is open, gets every change. The list replaces that of an earlier call. */
  subscribe(subscriber: Subscriber, viewer_id: string, user_ids: readonly string[]): Promise<Status[]>
  /** The user has set another status. */
  changed(user_id: string): void
}

/** The socket that a call came by. */
export interface Subscriber {
  /** false once the socket is closed. */
  readonly open: boolean
  send(text: string): void
}
