import { Refused, UsageError, type Invocation } from './command.ts'
import { runCommand } from './index.ts'
import { ConfigError } from '../config.ts'
import { hideSecrets } from '../hidden.ts'

type Environment = Invocation['environment']

/** Carries out the command that the arguments name, with the output of this process, and ends it. */
export async function runProcess(args: string[], environment: Environment): Promise<never> {
  process.exit(await exitCode(args, environment))
}

async function exitCode(args: string[], environment: Environment): Promise<number> {
  const say = (...lines: string[]) => void process.stdout.write(`${lines.join('\n')}\n`)
  try {
    return await runCommand(args, { environment, say })
  } catch (error) {
    // The operator can act on these messages. Other errors need their stack.
    const expected = error instanceof Refused || error instanceof UsageError || error instanceof ConfigError
    const text = expected ? error.message : String(error instanceof Error ? error.stack : error)
    process.stderr.write(`${hideSecrets(text, environment)}\n`)
    return error instanceof UsageError || error instanceof ConfigError ? 2 : 1
  }
}
