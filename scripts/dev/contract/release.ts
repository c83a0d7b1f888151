/**
 * `bun run release:contract`: writes the contract of this source to docs/contract/released.json, as step of a release. Refuses
 * if something was added without a new feature level, or broken without a name in docs/contract/breaks.json.
 */
import { join, resolve } from 'node:path'
import { format } from 'prettier'
import { parseArgs } from 'node:util'
import { FEATURE_LEVEL } from '../../../contracts/feature-level.ts'
import { breakFaults, type Breaks } from './breaks.ts'
import { contractSnapshot, type Snapshot } from './snapshot.ts'

const ROOT = resolve(import.meta.dir, '../../..')
const FILE = join(ROOT, 'docs/contract/released.json')

const { values } = parseArgs({ options: { 'same-level': { type: 'boolean', default: false } } })
// Cast: the package of this repository has a version.
const { version } = (await Bun.file(join(ROOT, 'package.json')).json()) as { version: string }
const released = (await Bun.file(FILE).exists()) ? ((await Bun.file(FILE).json()) as Snapshot) : null
const present = contractSnapshot(version)
// Cast: tests/docs/contract.test.ts imports the same file, and so checks its type.
const breaks = (await Bun.file(join(ROOT, 'docs/contract/breaks.json')).json()) as Breaks
const faults = released ? breakFaults(released, present, breaks, new Date().toISOString().slice(0, 10)) : []
const without = ({ version: _version, ...rest }: Snapshot) => rest

if (released && Bun.deepEquals(without(released), without(present))) {
  console.log(`docs/contract/released.json: the contract has not changed since ${released.version}`)
} else if (released && FEATURE_LEVEL <= released.feature_level && !values['same-level']) {
  console.error(
    `The contract has changed since ${released.version}: add a line to FEATURE_LEVELS in contracts/feature-level.ts, or say ` +
      '--same-level if no client can tell the difference.',
  )
  process.exitCode = 1
} else if (faults.length > 0) {
  console.error(`docs/contract/breaks.json must name what breaks, and nothing else:\n- ${faults.join('\n- ')}`)
  process.exitCode = 1
} else {
  await Bun.write(FILE, await format(JSON.stringify(present), { parser: 'json', printWidth: 120 }))
  console.log(`docs/contract/released.json: the contract of ${version}, feature level ${FEATURE_LEVEL}`)
}
