import { expect, test } from 'bun:test'
import { groupOf, register } from '../support/people.ts'
import { replacing } from '../support/replacing.ts'
import { startTestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

/** Whether the port takes connections. */
async function listens(url: string): Promise<boolean> {
  const socket = await Bun.connect({
    hostname: '127.0.0.1',
    port: Number(new URL(url).port),
    socket: { data: () => undefined },
  }).catch(() => null)
  socket?.end()
  return socket !== null
}

test('a server that stops answers the REST call that is running and keeps what it stored', async () => {
  const reached = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  let holds = false
  await using server = await startTestServer({
    around: storage =>
      replacing(storage, {
        log: replacing(storage.log, {
          async appendTo(...args) {
            if (holds) {
              reached.resolve()
              await released.promise
            }
            return storage.log.appendTo(...args)
          },
        }),
      }),
  })
  const ada = await register(server, 'ada')
  const { id: conversation_id } = await groupOf(ada, [])
  const { url } = server
  holds = true
  const sending = ada.client.messages.send({ conversation_id, content: 'before the end' })
  await reached.promise
  let stopped = false
  const stopping = server.running.stop().finally(() => {
    stopped = true
  })
  await until(async () => !(await listens(url)), 'the port to be closed')
  expect(stopped).toBe(false)
  holds = false
  released.resolve()
  expect(await sending).toMatchObject({ content: 'before the end', seq: 1 })
  await stopping
})
