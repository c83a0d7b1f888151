import { createTRPCClient, httpBatchLink, type TRPCClientError } from '@trpc/client'
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server'
import { createTRPCOptionsProxy } from '@trpc/tanstack-react-query'
import { QueryClient, infiniteQueryOptions } from '@tanstack/react-query'
import type { Message } from 'parley-client'
import type { AppRouter } from 'parley-client/trpc'

const client = createTRPCClient<AppRouter>({ links: [httpBatchLink({ url: 'http://localhost:3000/trpc' })] })

export const me = () => client.users.me.query()
export const name = async (): Promise<string> => (await client.users.me.query()).username
export const sent = (id: string): Promise<Message> =>
  client.messages.send.mutate({ conversation_id: id, content: 'Hello' })
export const add = (id: string) => client.groups['add-members'].mutate({ conversation_id: id, user_ids: [] })
export const inbox = () => client.conversations.inbox.query()
// @ts-expect-error the conversation is missing
export const wrong = () => client.messages.list.query({ limit: 5 })
// @ts-expect-error no such procedure
export const unknown = () => client.messages.explode.query()
export const codeOf = (error: TRPCClientError<AppRouter>): string | undefined => error.data?.problem.code

export type Sending = inferRouterInputs<AppRouter>['messages']['send']['content']
export const content: Sending = 'Hello'
export const page: inferRouterOutputs<AppRouter>['messages']['list']['data'] = []

export const following = client.sync.follow.subscribe(undefined, {
  onData: ({ data }) => console.log(data.frame.type, data.cursor),
})

const trpc = createTRPCOptionsProxy<AppRouter>({ client, queryClient: new QueryClient() })
export const history = trpc.messages.list.infiniteQueryOptions(
  { conversation_id: '', limit: 5 },
  { getNextPageParam: ({ next_start }) => next_start },
)
export const first: Promise<Message | undefined> = new QueryClient()
  .fetchInfiniteQuery(infiniteQueryOptions(history))
  .then(({ pages }) => pages[0]?.data[0])
