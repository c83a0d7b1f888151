import type { NoticeRecord } from '../../../domain/push.ts'
import type { NoticeOutcome, Notices } from '../../../ports/notices.ts'
import { noticeKey } from './rows/keys.ts'
import type { Tables } from './rows/tables.ts'

export class MongoNotices implements Notices {
  readonly #tables: Pick<Tables, 'notices' | 'notice_outcomes'>
  constructor(tables: Pick<Tables, 'notices' | 'notice_outcomes'>) {
    this.#tables = tables
  }

  async create({ id, data, ...notice }: NoticeRecord): Promise<void> {
    await this.#tables.notices.insert({ _id: id, ...notice, data: JSON.stringify(data) })
  }

  async find(id: string): Promise<NoticeRecord | null> {
    const row = await this.#tables.notices.findId(id)
    if (!row) return null
    const { _id, data, ...notice } = row
    return { id: _id, ...notice, data: JSON.parse(data) as NoticeRecord['data'] }
  }

  async record(
    { id, expires_at }: Pick<NoticeRecord, 'id' | 'expires_at'>,
    device_id: string,
    outcome: NoticeOutcome,
  ): Promise<void> {
    await this.#tables.notice_outcomes.insert({ _id: noticeKey(id, device_id), notice_id: id, outcome, expires_at })
  }

  async hasOutcome(id: string, device_id: string): Promise<boolean> {
    return (await this.#tables.notice_outcomes.findId(noticeKey(id, device_id))) !== null
  }

  async outcomes(id: string): Promise<Record<NoticeOutcome, number>> {
    const found = await this.#tables.notice_outcomes.countBy('outcome', { notice_id: { $eq: id } })
    return { delivered: found.get('delivered') ?? 0, failed: found.get('failed') ?? 0 }
  }
}
