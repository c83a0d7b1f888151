import type { Contract } from '../../../contracts/index.ts'
import type { Input, Output } from '../../../contracts/kit.ts'
import type { Context } from '../../context.ts'
import { pageFor, pageOf, toList } from '../../domain/paging.ts'
import type { VersionRecord } from '../../domain/records.ts'
import { find } from './load.ts'

type History = Contract['messages']['history']

/** An earlier text has no id: in the list it is named by the change that wrote it. */
const refOf = ({ change }: Pick<VersionRecord, 'change'>) => String(change).padStart(10, '0')

export async function history(context: Context<History>, input: Input<History>): Promise<Output<History>> {
  await find(context, input.message_id)
  const all = await context.storage.messages.versions(input.message_id)
  const listed = toList(pageOf(all, refOf, pageFor(input)), input.limit, refOf)
  return { ...listed, data: listed.data.map(({ content, edited_at }) => ({ content, edited_at })) }
}
