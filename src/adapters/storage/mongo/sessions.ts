import type { CommitListeners } from '../../../domain/log/commit-listeners.ts'
import type { SessionRecord } from '../../../domain/records.ts'
import type { CursorRecord, Cursors } from '../../../ports/cursors.ts'
import type { Sessions, Ticket, VerifiedPassword } from '../../../ports/storage.ts'
import { Semaphore } from './flush/semaphore.ts'
import type { Following } from './following.ts'
import type { SessionRow } from './rows/rows.ts'
import { Loader } from './rows/loader.ts'
import type { Tables } from './rows/tables.ts'

/** Sessions of one user that are revoked side by side. */
const REVOKED_AT_ONCE = 4

export class MongoSessions implements Sessions {
  readonly #tables: Tables
  readonly #loader: Loader<SessionRow>
  readonly #following: Pick<Following, 'ended'>
  readonly #revoked: CommitListeners<string>
  constructor(tables: Tables, following: Pick<Following, 'ended'>, revoked: CommitListeners<string>) {
    this.#tables = tables
    this.#loader = new Loader(tables.sessions)
    this.#following = following
    this.#revoked = revoked
  }

  onRevoked(listener: (session_ids: readonly string[]) => void): () => void {
    return this.#revoked.add(listener)
  }

  /** The session is inserted first, so that a concurrent change of the user revokes this session too. */
  async open(
    { id, ...session }: SessionRecord,
    { password_hash, new_hash }: VerifiedPassword,
  ): Promise<'opened' | 'conflict'> {
    await this.#tables.sessions.insert({ _id: id, ...session })
    const able = { disabled: { $eq: false }, deleted: { $eq: false } }
    if (new_hash !== undefined) {
      const guard = { password_hash: { $eq: password_hash }, ...able }
      await this.#tables.users.patch({ id: session.user_id, guard, set: { password_hash: new_hash } })
    }
    const verified = { _id: { $eq: session.user_id }, password_hash: { $eq: new_hash ?? password_hash }, ...able }
    if (await this.#tables.users.findOne(verified)) return 'opened'
    await this.revoke(id, session.created_at)
    return 'conflict'
  }

  async find(id: string): Promise<SessionRecord | null> {
    const row = (await this.#loader.load([id])).get(id)
    return row ? toSession(row) : null
  }

  async listOfUser(user_id: string, now: string): Promise<SessionRecord[]> {
    const filter = { user_id: { $eq: user_id }, revoked_at: { $eq: null }, expires_at: { $gt: now } }
    const rows = await this.#tables.sessions.find(filter, { sort: { created_at: -1, _id: -1 } })
    return rows.map(toSession)
  }

  rotate(id: string, { from, to }: { from: number; to: number }, now: string, expires_at: string): Promise<boolean> {
    const guard = { generation: { $eq: from }, revoked_at: { $eq: null } }
    const set = { generation: to, rotated_at: now, last_used_at: now, expires_at }
    return this.#tables.sessions.updateOne({ id, guard, set })
  }

  async revoke(id: string, now: string): Promise<boolean> {
    const guard = { revoked_at: { $eq: null } }
    const revoked = await this.#tables.sessions.updateOne({ id, guard, set: { revoked_at: now } })
    if (revoked) this.#following.ended([id])
    return revoked
  }

  async revokeAllOfUser(user_id: string, now: string, except?: string): Promise<string[]> {
    const filter = { user_id: { $eq: user_id }, revoked_at: { $eq: null } }
    const rows = await this.#tables.sessions.find(filter, { sort: { _id: 1 }, projection: { _id: 1 } })
    const ids = rows.map(({ _id }) => _id).filter(id => id !== except)
    const turns = new Semaphore(REVOKED_AT_ONCE)
    const revoked = await Promise.all(ids.map(id => turns.run(() => this.revoke(id, now))))
    return ids.filter((_, index) => revoked[index])
  }

  async createTicket({ hash, ...ticket }: Ticket): Promise<void> {
    await this.#tables.tickets.insert({ _id: hash, ...ticket })
  }

  async takeTicket(hash: string, now: string): Promise<Ticket | null> {
    const row = await this.#tables.tickets.take(hash)
    if (!row || row.expires_at <= now) return null
    const { _id, ...ticket } = row
    return { hash: _id, ...ticket }
  }
}

export class MongoCursors implements Cursors {
  readonly #tables: Tables
  constructor(tables: Tables) {
    this.#tables = tables
  }

  async save({ id, positions, ...cursor }: CursorRecord): Promise<void> {
    const set = { ...cursor, positions: JSON.stringify(positions) }
    await this.#tables.cursors.updateOne({ id, set, upsert: true })
  }

  async find(id: string): Promise<CursorRecord | null> {
    const row = await this.#tables.cursors.findId(id)
    if (!row) return null
    const { _id, positions, ...cursor } = row
    return { id: _id, ...cursor, positions: JSON.parse(positions) as CursorRecord['positions'] }
  }
}

function toSession({ _id, ...session }: SessionRow): SessionRecord {
  return { id: _id, ...session }
}
