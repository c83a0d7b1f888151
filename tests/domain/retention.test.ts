import { expect, test } from 'bun:test'
import { kindsThat, RETENTION, type PurgedKind } from '../../src/domain/retention.ts'

test('kinds of rows are found by their answer, in the order of the table', () => {
  expect(kindsThat('sweep', 'expired')).toEqual([
    'session',
    'ticket',
    'api-key',
    'webhook-delivery',
    'cursor',
    'device',
    'pushed',
    'notice',
    'notice-outcome',
    'job',
    'deleted-file',
  ])
  expect(kindsThat('account', 'anonymise', 'end')).toEqual([
    'user',
    'session',
    'api-key',
    'contact',
    'preferences',
    'status',
    'device',
    'member',
    'invite',
    'file',
    'user-stream',
  ])
  const purged: readonly string[] = kindsThat('purge', 'delete', 'blank')
  for (const [kind, { of }] of Object.entries(RETENTION)) if (of === 'conversation') expect(purged).toContain(kind)
})

/** A table over the purged kinds that lacks one does not compile. */
export function incomplete(table: Record<PurgedKind, string>): Record<PurgedKind, string> {
  const { pin: _pin, ...rest } = table
  // @ts-expect-error nothing says how pins are purged
  return rest
}
