import { expect, test } from 'bun:test'
import { parseAddress } from '../../src/http/address.ts'
import { register } from '../support/people.ts'
import { startTestServer } from '../support/server.ts'

const SPELLINGS: [text: string, address: string, network: string][] = [
  ['192.0.2.7', '192.0.2.7', '192.0.2.7'],
  ['192.0.2.7:4711', '192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7', '192.0.2.7'],
  ['[::ffff:c000:207]:80', '192.0.2.7', '192.0.2.7'],
  ['2001:DB8:0:0:0:0:0:1', '2001:db8::1', '2001:db8::/64'],
  ['[2001:db8::1]', '2001:db8::1', '2001:db8::/64'],
  ['[2001:db8::1]:443', '2001:db8::1', '2001:db8::/64'],
  ['2001:db8:1:2:ffff::9', '2001:db8:1:2:ffff::9', '2001:db8:1:2::/64'],
  ['fe80::1%eth0', 'fe80::1', 'fe80::/64'],
]

test('an address is read in every spelling, without its port, and given in one', () => {
  for (const [text, address, network] of SPELLINGS)
    expect([text, parseAddress(text)]).toEqual([text, { address, network }])
  for (const text of ['', 'unknown', '1', '0x7f.1', '192.0.2', '192.0.2.256', '[::1', '::g', '_hidden', 'a.example'])
    expect([text, parseAddress(text)]).toEqual([text, null])
})

test('ports, spellings and hosts of one /64 of a client behind a trusted proxy share one limit of sign-ins', async () => {
  await using server = await startTestServer({ settings: { PARLEY_TRUSTED_PROXIES: '1', PARLEY_RATE_AUTH: '3' } })
  const status = async (forwarded: string) => {
    const body = JSON.stringify({ username: crypto.randomUUID(), password: 'wrong' })
    const headers = { 'content-type': 'application/json', 'x-forwarded-for': forwarded }
    return (await fetch(`${server.url}/auth/login`, { method: 'POST', headers, body })).status
  }
  for (const same of [
    ['198.51.100.1:1', '198.51.100.1:2', '198.51.100.1', '::ffff:198.51.100.1'],
    ['2001:db8::1', '[2001:DB8:0::0:1]:7', '2001:db8::ffff:2', '2001:db8:0:0:1:2:3:4'],
    // What is no address counts as the proxy's own.
    ['nonsense', 'unknown', '', 'more nonsense'],
  ]) {
    const answers: number[] = []
    for (const forwarded of same) answers.push(await status(forwarded))
    expect([same, answers]).toEqual([same, [401, 401, 401, 429]])
  }
  expect(await status('2001:db8:0:1::1')).toBe(401)
})

test('a session shows the canonical address of its client', async () => {
  await using server = await startTestServer({ settings: { PARLEY_TRUSTED_PROXIES: '1' } })
  const ada = await register(server, 'ada')
  const headers = { 'content-type': 'application/json', 'x-forwarded-for': '[2001:DB8:0:0::7]:55123' }
  const body = JSON.stringify({ username: ada.name, password: 'a fine long passphrase' })
  expect((await fetch(`${server.url}/auth/login`, { method: 'POST', headers, body })).status).toBe(200)
  const { data } = await ada.client.auth.sessions()
  expect(data.map(({ address }) => address)).toContain('2001:db8::7')
})
