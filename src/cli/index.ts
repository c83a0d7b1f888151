import manifest from '../../package.json' with { type: 'json' }
import { SETTINGS } from '../settings.ts'
import { UsageError, type Invocation } from './command.ts'
import { COMMANDS } from './commands.ts'

const DEFAULT = 'serve'

/** Carries out what follows `parley` on the command line, and gives the exit code. */
export async function runCommand([name = DEFAULT, ...args]: string[], process: Omit<Invocation, 'args'>) {
  const { say } = process
  if (name === '--version') return print(say, manifest.version)
  if (name === '--help' || name === 'help') return print(say, ...help())
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!command) throw new UsageError(`unknown command ${name} (try --help)`)
  if (args.includes('--help')) return print(say, ...helpOf(name))
  const { run } = await command.load()
  return run({ args, ...process })
}

function print(say: Invocation['say'], ...lines: string[]): number {
  say(...lines)
  return 0
}

function help(): string[] {
  return [
    'Usage: parley [COMMAND] [--help] | --version',
    '',
    'Commands:',
    '',
    ...Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(14)} ${summary}`),
    '',
    'Environment variables that they read:',
    '',
    ...Object.entries(SETTINGS).map(([name, { description = '' }]) => `  ${name.padEnd(28)} ${description}`),
  ]
}

function helpOf(name: string): string[] {
  const { usage = '', summary = '', details = [] } = COMMANDS[name] ?? {}
  return [`Usage: ${['parley', name, usage].join(' ').trim()}`, '', `${summary}.`, '', ...details]
}
