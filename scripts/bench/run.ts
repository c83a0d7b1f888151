/** `bun run bench [name …] [--rounds N]`: measures Parley against bare programs in the same run. Not a test. */
import { parseArgs } from 'node:util'
import { durableSends, mongoSends } from './durable-sends.ts'
import { fanOut } from './fan-out.ts'
import { followers, mongoFollowers } from './followers.ts'
import { idleMemory } from './idle-memory.ts'
import { loginStorm } from './login-storm.ts'
import { presence } from './presence.ts'
import { reads } from './reads.ts'
import { format, type Verdict } from './rounds.ts'

const BENCHMARKS: Record<string, (rounds: number) => Promise<Verdict[]>> = {
  sends: durableSends,
  followers,
  fanout: fanOut,
  reads,
  memory: idleMemory,
  storm: loginStorm,
  presence,
}
if (process.env['MONGODB_URL']) Object.assign(BENCHMARKS, { mongo: mongoSends, 'mongo-followers': mongoFollowers })

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '7' } },
})
const names = positionals.length > 0 ? positionals : Object.keys(BENCHMARKS)
const verdicts: Verdict[] = []
for (const name of names) {
  const benchmark = BENCHMARKS[name]
  if (!benchmark) throw new Error(`no benchmark ${name}; there are ${Object.keys(BENCHMARKS).join(', ')}`)
  console.log(`${name}:`)
  verdicts.push(...(await benchmark(Number(values.rounds))))
}
console.table(
  verdicts.map(({ name, unit, ours, bare, ratio, goal, met }) => ({
    figure: name,
    unit,
    parley: format(ours),
    bare: format(bare),
    ratio: ratio.toFixed(2),
    goal,
    met: met ? 'yes' : 'no',
  })),
)
process.exit(0)
