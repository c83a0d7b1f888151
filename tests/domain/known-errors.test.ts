import { expect, test } from 'bun:test'
import { contract, type Contract } from '../../contracts/index.ts'
import { errorsOf, type KnownError, type Operation } from '../../contracts/kit.ts'

const EVERY = { malformed: true, validation_failed: true, internal: true, unavailable: true, too_large: true } as const

/** Of every operation for users who are signed in, and for API keys. */
const SIGNED_IN = { ...EVERY, unauthenticated: true, scope_missing: true, act_as_refused: true } as const

/** Compiles only if the names are exactly the codes in the type; at run time they must be those of `errorsOf`. */
function sameCodes<O extends Operation>(operation: O, codes: Record<KnownError<O>, true>): void {
  expect(Object.keys(codes).toSorted()).toEqual(errorsOf(operation))
}

test('the codes of an operation are the same in its types and at run time', () => {
  const { auth, users, conversations, messages } = contract
  sameCodes(users.me, { ...SIGNED_IN, rate_limited: true })
  sameCodes(conversations.get, {
    ...SIGNED_IN,
    forbidden: true,
    rate_limited: true,
    not_found: true,
  })
  sameCodes(auth.login, {
    ...EVERY,
    invalid_credentials: true,
    account_disabled: true,
    origin_refused: true,
    rate_limited: true,
    busy: true,
    unsupported_media_type: true,
    request_timeout: true,
  })
  sameCodes(auth['refresh-token'], {
    ...EVERY,
    invalid_refresh_token: true,
    account_disabled: true,
    origin_refused: true,
    unsupported_media_type: true,
    request_timeout: true,
  })
  // The name of the key's account may be taken while it is made.
  expect(errorsOf(contract.keys.create)).toContain('busy')
  sameCodes(messages.unpin, {
    ...SIGNED_IN,
    rate_limited: true,
    busy: true,
    not_found: true,
    forbidden: true,
    system_message: true,
    conversation_disabled: true,
  })
})

/** Must not compile. */
export const refused: KnownError<Contract['users']['me']>[] = [
  // @ts-expect-error users.me has no role that could be missing
  'forbidden',
  // @ts-expect-error users.me has no body
  'unsupported_media_type',
]
