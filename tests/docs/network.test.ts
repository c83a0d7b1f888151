import { afterAll, beforeAll, expect, test } from 'bun:test'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Client, Environment, Sign } from '../../src/sdk/index.ts'
import { nothing, startScripted } from '../sdk/scripted-server.ts'
import { until } from '../support/until.ts'
import { ROOT, blocksOf, openCheckout } from './checkout.ts'

interface Source<T> {
  addEventListener(name: 'change', heard: (state: T) => void): { remove(): void }
}
interface Network {
  addEventListener(heard: (state: { isConnected: boolean | null }) => void): () => void
}
interface Printed {
  banner(client: Client, show: (text: string) => void): () => void
  nativeEnvironment(AppState: Source<string>, NetInfo: Network): Environment
}

let checkout: Awaited<ReturnType<typeof openCheckout>>
let printed: Printed
beforeAll(async () => {
  checkout = await openCheckout()
  const blocks = blocksOf(await Bun.file(join(ROOT, 'docs/client.md')).text(), 'ts')
  const text = blocks.filter(block => /export function (banner|nativeEnvironment)/.test(block)).join('\n')
  await Bun.write(join(checkout.folder, 'printed.ts'), text)
  printed = (await import(join(checkout.folder, 'printed.ts'))) as Printed
})
afterAll(() => checkout[Symbol.asyncDispose]())

test('what is printed about the network compiles', async () => {
  await copyFile(join(ROOT, 'tsconfig.json'), join(checkout.folder, 'tsconfig.base.json'))
  const config = { extends: './tsconfig.base.json', include: ['printed.ts'] }
  await Bun.write(join(checkout.folder, 'tsconfig.json'), JSON.stringify(config))
  expect(await checkout.run(process.execPath, 'x', 'tsc', '-p', '.')).toBe('')
})

test('the banner shows what the connection does, and nothing while it is up to date', async () => {
  await using server = startScripted(nothing)
  const client = server.clientOf({ random: () => 100 })
  const shown: string[] = []
  printed.banner(client, text => shown.push(text))
  void client.live.open()
  const socket = await server.socket(0)
  await socket.welcome()
  await until(() => shown.at(-1) === '', 'it is up to date')
  socket.close(1012)
  await until(() => shown.at(-1)?.startsWith('waiting, again at ') === true, 'it waits')
  expect(shown.slice(0, 2)).toEqual(['connecting', ''])
})

test('the environment of React Native reports what its two sources say, until it is told to stop', () => {
  const app = new Set<(state: string) => void>()
  const net = new Set<(state: { isConnected: boolean | null }) => void>()
  const AppState: Source<string> = {
    addEventListener(_name, heard) {
      app.add(heard)
      return { remove: () => void app.delete(heard) }
    },
  }
  const NetInfo: Network = {
    addEventListener(heard) {
      net.add(heard)
      return () => void net.delete(heard)
    },
  }
  const environment = printed.nativeEnvironment(AppState, NetInfo)
  const signs: Sign[] = []
  const stop = environment.listen(sign => signs.push(sign))
  for (const state of ['inactive', 'background', 'active']) for (const heard of app) heard(state)
  for (const isConnected of [false, null]) for (const heard of net) heard({ isConnected })
  expect(signs).toEqual(['hide', 'show', 'offline', 'online'])
  expect(environment.online()).toBe(true)
  stop()
  expect([app.size, net.size]).toEqual([0, 0])
})
