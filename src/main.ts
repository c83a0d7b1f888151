#!/usr/bin/env bun
import { Refused, UsageError } from './cli/command.ts'
import { runCommand } from './cli/index.ts'
import { ConfigError } from './config.ts'

/** The process: the command that its arguments name, with its environment. */
async function main(): Promise<number> {
  const say = (...lines: string[]) => void process.stdout.write(`${lines.join('\n')}\n`)
  try {
    return await runCommand(process.argv.slice(2), { environment: process.env, say })
  } catch (error) {
    // The operator can act on these messages. Other errors need their stack.
    const expected = error instanceof Refused || error instanceof UsageError || error instanceof ConfigError
    process.stderr.write(`${expected ? error.message : String(error instanceof Error ? error.stack : error)}\n`)
    return error instanceof UsageError || error instanceof ConfigError ? 2 : 1
  }
}

void main().then(code => process.exit(code))
