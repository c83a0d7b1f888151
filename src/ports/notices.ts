import type { NoticeRecord } from '../domain/push.ts'

/** Notices that an ADMIN has sent, and what became of them. Rows outside the log, until the sweep at `expires_at`. */
export interface Notices {
  create(notice: NoticeRecord): Promise<void>
  find(id: string): Promise<NoticeRecord | null>
  /** The first outcome of a device stays. */
  record(notice: Pick<NoticeRecord, 'id' | 'expires_at'>, device_id: string, outcome: NoticeOutcome): Promise<void>
  hasOutcome(id: string, device_id: string): Promise<boolean>
  /** How many devices have each outcome. */
  outcomes(id: string): Promise<Record<NoticeOutcome, number>>
}
export type NoticeOutcome = 'delivered' | 'failed'
