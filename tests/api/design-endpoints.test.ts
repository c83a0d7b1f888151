import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { operations } from '../../contracts/index.ts'
import { sharedServer } from '../support/server.ts'

const server = sharedServer()
const LIST = join(import.meta.dir, '../../docs/design-endpoints.md')

interface Endpoint {
  method: string
  path: string
}

async function endpoints(): Promise<Endpoint[]> {
  const found = (await Bun.file(LIST).text()).matchAll(/^- `([A-Z]+) (\S+)`/gm)
  return [...found].map(([, method = '', path = '']) => ({ method, path }))
}

/** The path with the same name for each parameter: names differ between the design and the contract, places do not. */
function shape(path: string): string {
  return path.replaceAll(/\{\w+\}/g, '{}')
}

/** Without a token a path that is served answers 401 or refuses the input. Only one that is not served answers 404 or 405. */
async function served({ method, path }: Endpoint): Promise<boolean> {
  const url = server.url + path.replaceAll(/\{\w+\}/g, () => Bun.randomUUIDv7())
  const body =
    method === 'POST' || method === 'PUT' ? { body: '{}', headers: { 'content-type': 'application/json' } } : {}
  const { status } = await fetch(url, { method, ...body })
  return status !== 404 && status !== 405
}

test('each of the 41 endpoints of the design is served at exactly its method and path', async () => {
  const all = await endpoints()
  expect(all).toHaveLength(41)
  const contract = new Set(operations().map(([, { method, path }]) => `${method} ${shape(path)}`))
  const missing: string[] = []
  for (const endpoint of all) {
    const { method, path } = endpoint
    if (!contract.has(`${method} ${shape(path)}`) || !(await served(endpoint))) missing.push(`${method} ${path}`)
  }
  expect(missing).toEqual([])
})

test('an endpoint that is not served is found to be missing', async () => {
  expect(await served({ method: 'GET', path: '/nowhere/{nothing}' })).toBe(false)
  expect(await served({ method: 'DELETE', path: '/users/me/export' })).toBe(false)
})
