import { checksOf } from '../adapters/check.ts'
import { readConfig } from '../config.ts'
import { hideSecrets } from '../hidden.ts'
import { refuseArguments, type Invocation } from './command.ts'

export async function run({ args, environment, say }: Invocation): Promise<number> {
  refuseArguments(args)
  const config = readConfig(environment)
  const results = await Promise.all(
    checksOf(config).map(async ({ setting, run }) => ({ setting, failure: await failureOf(run()) })),
  )
  const shown = (failure: string | null) => (failure === null ? 'usable' : firstLine(hideSecrets(failure, environment)))
  say('Settings: valid', ...results.map(({ setting, failure }) => `${setting}: ${shown(failure)}`))
  return results.every(({ failure }) => failure === null) ? 0 : 1
}

async function failureOf(check: Promise<unknown>): Promise<string | null> {
  try {
    await check
    return null
  } catch (error) {
    return `failed: ${error instanceof Error ? error.message : 'cannot be used'}`
  }
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}
