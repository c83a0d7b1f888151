import { expect, test } from 'bun:test'
import { MAX_REFUSALS } from '../../src/sdk/outbox-attempts.ts'
import { problem, startScripted } from '../sdk/scripted-server.ts'
import { until } from '../support/until.ts'

const to = (content: string, conversation_id = 'room') => ({ conversation_id, content })

/** A server behind a firewall that does not let one text pass, or that fails because of it. */
function guarded(refuse: () => Response) {
  const contents: string[] = []
  const server = startScripted(async request => {
    const one = (await request.json()) as { content: string }
    contents.push(one.content)
    return one.content === 'poison' ? refuse() : Response.json(one, { status: 201 })
  })
  return Object.assign(server, { contents })
}

const firewall = () => new Response('<h1>Forbidden</h1>', { status: 403 })

test.each([
  ['a firewall refuses', firewall, 'a proxy answered 403'],
  ['makes the server fail', () => problem('internal', 500), 'internal'],
])(
  'a message that %s fails after a bounded number of attempts, and the next one is sent',
  async (_, refuse, reason) => {
    await using server = guarded(refuse)
    const { contents } = server
    const { outbox } = server.clientOf()
    const failed: string[] = []
    outbox.on('failed', ({ error }) => failed.push(error.message))
    const poison = outbox.add(to('poison'))
    await outbox.send(to('after'))
    expect(contents).toEqual([...Array.from({ length: MAX_REFUSALS }, () => 'poison'), 'after'])
    expect(failed).toEqual([expect.stringContaining(reason)])
    expect(outbox.entries()).toMatchObject([{ client_id: poison, state: 'failed' }])
    outbox.retry(poison)
    await until(() => failed.length === 2, 'it has failed again')
    expect(contents.filter(content => content === 'poison')).toHaveLength(2 * MAX_REFUSALS)
    outbox.discard(poison)
    expect(outbox.entries()).toEqual([])
  },
)

test('a message that a firewall refuses is not repeated sooner because the app wakes', async () => {
  await using server = guarded(firewall)
  const { contents } = server
  const { outbox } = server.clientOf({ random: () => 100 })
  outbox.add(to('poison'))
  await until(() => contents.length === 1 && outbox.entries()[0]?.state === 'waiting', 'the first attempt')
  for (let times = 0; times < MAX_REFUSALS; times += 1) outbox.wake()
  await outbox.send(to('beside', 'elsewhere'))
  expect(contents).toEqual(['poison', 'beside'])
})
