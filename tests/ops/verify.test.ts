import { expect, test } from 'bun:test'
import { end, openInstalled } from '../docs/checkout.ts'

const UNSOUND = `import {test} from 'bun:test'
const sum: string = 1
test('this one holds', () => undefined)
test('this one fails', () => { throw new Error('for this reason') })
test.skip('this one is skipped', () => undefined)
`

test('verify prints the steps and tests that fail and not those that hold, and ends with the counts', async () => {
  await using project = await openInstalled({
    'tests/unsound.test.ts': UNSOUND,
    'tests/broken.test.ts': 'import "./nothing.ts"\n',
  })
  const { code, output, errors } = await end(['npx', '-y', 'bun', 'run', 'verify'], project.folder, { MONGODB_URL: '' })
  const printed = output + errors
  expect(code).toBe(1)
  for (const part of ['== format:check', '== types', 'for this reason', '(fail) this one fails', 'nothing.ts'])
    expect(printed).toContain(part)
  expect(printed).not.toContain('(pass)')
  expect(output.trim().split('\n').slice(-8)).toEqual([
    'skipped: tests/unsound.test.ts › this one is skipped',
    expect.stringMatching(/^skipped: test:mongo .*: MONGODB_URL is not set$/),
    'failed: format:check',
    'failed: types',
    'failed: lint',
    'failed: SQLite: tests/unsound.test.ts › this one fails',
    'failed: SQLite: tests/broken.test.ts ran no test',
    '1 passed, 5 failed, 2 skipped',
  ])
})
