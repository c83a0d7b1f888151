import type { Contract } from '../../../contracts/index.ts'
import type { Input, Output } from '../../../contracts/kit.ts'
import type { Context } from '../../context.ts'
import { followExternal } from '../users/external-user.ts'
import { signIn } from './sign-in.ts'

type Exchange = Contract['auth']['exchange']

/** Signs in the user whom a token names, creating the user at first sight and following the claims after that. */
export async function exchange(context: Context<Exchange>, { token }: Input<Exchange>): Promise<Output<Exchange>> {
  const { storage, userTokens, clock, fail, client, logger } = context
  if (!userTokens) return fail('not_found', { detail: 'This server accepts no tokens of other systems' })
  const claims = await userTokens.verify(token, clock())
  if ('refused' in claims) {
    logger.info({ event: 'exchange.refused', address: client.address, reason: claims.refused }, 'sign-in refused')
    return fail('invalid_user_token', { detail: `The token is not accepted: ${claims.refused}` })
  }
  const known = await storage.users.findByExternalId(claims.external_id)
  if (known?.disabled) return fail('account_disabled')
  const followed = await followExternal(context, known, claims)
  if (!('user' in followed))
    return followed.outcome === 'email_taken'
      ? fail('email_taken', { detail: 'Another account has the address of `email`' })
      : fail(followed.outcome)
  const { user } = followed
  return signIn(context, user, { password_hash: user.password_hash }, client)
}
