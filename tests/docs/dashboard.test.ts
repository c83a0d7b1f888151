import { beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { groupOf, register, say } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'
import { openSocket } from '../support/socket.ts'
import { until } from '../support/until.ts'
import { ROOT } from './checkout.ts'

interface Panel {
  id: number
  type: string
  title: string
  targets?: { expr: string; legendFormat: string }[]
}

const dashboard = (await Bun.file(join(ROOT, 'docs/grafana/parley.json')).json()) as { panels: Panel[] }
const targets = dashboard.panels.flatMap(({ title, targets = [] }) => targets.map(target => ({ title, ...target })))

const server = sharedServer()
let text = ''
/** Type by name. */
let families = new Map<string, string>()

beforeAll(async () => {
  const ada = await register(server, 'ada')
  const room = await groupOf(ada, [])
  using socket = await openSocket(server.url, { token: ada.access_token })
  await say(ada, room.id, 'hello')
  await say(ada, crypto.randomUUID(), 'to nobody').catch(() => undefined)
  socket.raw('nonsense')
  await socket.closed()
  await until(async () => {
    text = await (await fetch(`${server.url}/metrics`)).text()
    return text.includes('parley_job_duration_seconds_count{') && text.includes('parley_sockets_closed_total{')
  }, 'a job has run and a socket was closed')
  families = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [name, type]))
})

/** The family of a name in an expression: a histogram has three names. */
function familyOf(name: string): string {
  const base = name.replace(/_(?:bucket|sum|count)$/, '')
  return families.get(base) === 'histogram' ? base : name
}

function namesIn(expr: string): string[] {
  return [...expr.matchAll(/\b(?:parley|process|nodejs)_\w+/g)].map(([name]) => familyOf(name))
}

test('the dashboard shows metrics that the server has, and all that are its own', () => {
  const shown = new Set(targets.flatMap(({ expr }) => namesIn(expr)))
  expect([...shown].filter(name => !families.has(name))).toEqual([])
  const own = [...families.keys()].filter(name => name.startsWith('parley_'))
  expect(own.filter(name => !shown.has(name))).toEqual([])
})

test('the dashboard groups and names by labels that the metrics have', () => {
  let checked = 0
  for (const { title, expr, legendFormat } of targets) {
    const grouped = [...expr.matchAll(/\bby \(([^)]+)\)/g)].flatMap(([, labels = '']) => labels.split(/,\s*/))
    const named = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label)
    const [family = ''] = namesIn(expr)
    const lines = text.split('\n').filter(line => line.startsWith(`${family}{`) || line.startsWith(`${family}_count{`))
    // Counters of what has not happened here have no lines.
    if (lines.length === 0) continue
    for (const label of [...grouped, ...named].filter(each => each !== 'le' && each !== 'instance')) {
      expect([title, label, lines[0]?.includes(`${label}="`)]).toEqual([title, label, true])
      checked += 1
    }
  }
  expect(checked).toBeGreaterThan(15)
})

test('the panels of the dashboard have ids and titles of their own', () => {
  expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length)
  expect(new Set(dashboard.panels.map(({ title }) => title)).size).toBe(dashboard.panels.length)
})
