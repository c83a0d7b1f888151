import { expect, test } from 'bun:test'
import type { Contract } from '../../contracts/index.ts'
import type { Context, Handler, Handlers } from '../../src/context.ts'
import { handlers } from '../../src/features/index.ts'
import { operations } from '../../contracts/index.ts'

/** The marked lines must not compile: the type checker fails if one of them does. */
export const refused = {
  // @ts-expect-error a handler is missing
  missing: { me: handlers.users.me } satisfies Handlers<Contract['users']>,
  error(context: Context<Contract['messages']['get']>) {
    // @ts-expect-error messages.get does not declare this error
    return context.fail('username_taken')
  },
  event(context: Context<Contract['messages']['send']>) {
    const basis = { conversation: { id: '', access_change: 0 } }
    // @ts-expect-error messages.send does not emit message.deleted
    return context.commit(basis, { event: 'message.deleted', message_id: '' })
  },
  // @ts-expect-error the result lacks fields of the output
  result: (async () => ({ id: '' })) satisfies Handler<Contract['users']['get']>,
}

test('every operation of the contract has a handler', () => {
  for (const [name] of operations()) {
    const [group = '', verb = ''] = name.split('.')
    const verbs = Object.entries(handlers).find(([key]) => key === group)?.[1] ?? {}
    expect(Object.entries(verbs).find(([key]) => key === verb)?.[1]).toBeFunction()
  }
})
