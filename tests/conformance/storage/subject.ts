import type { Storage } from '../../../src/ports/storage.ts'
import type { Fault } from '../../support/faults.ts'
import type { UserRecord } from '../../../src/domain/records.ts'

/** The data of one store, which may be opened several times: the next `open` finds what a crash has left. */
export interface Subject extends AsyncDisposable {
  open(fault?: Fault): Promise<Storage>
}
/** A fresh store for each test. */
export type Subjects = () => Promise<Subject>

export const id = () => Bun.randomUUIDv7()
export const AT = '2026-11-24T09:30:00.000Z'

export function person(username: string, more: Partial<UserRecord> = {}): UserRecord {
  return {
    id: id(),
    username,
    full_name: null,
    avatar_file_id: null,
    email: `${username}@example.org`,
    external_id: null,
    role: 'EDITOR',
    disabled: false,
    deleted: false,
    password_hash: 'hash',
    created_at: AT,
    updated_at: AT,
    ...more,
  }
}

export function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index + 1)
}
