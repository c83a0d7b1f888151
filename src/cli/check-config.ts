import { checksOf } from '../adapters/check.ts'
import { readConfig, type Config } from '../config.ts'
import { refuseArguments, type Invocation } from './command.ts'

export async function run({ args, environment, say }: Invocation): Promise<number> {
  refuseArguments(args)
  const config = readConfig(environment)
  const secrets = secretsOf(config)
  const results = await Promise.all(
    checksOf(config).map(async ({ setting, run }) => ({ setting, failure: await failureOf(run()) })),
  )
  say(
    'Settings: valid',
    ...results.map(({ setting, failure }) => `${setting}: ${failure === null ? 'usable' : hide(failure, secrets)}`),
  )
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

/** Values that must not be shown: messages of drivers may quote the address that they were given. */
function secretsOf({ secret, admin, mongodb_url, redis_url, s3, meili }: Config): string[] {
  const urls = [mongodb_url, redis_url].flatMap(url => (url === null ? [] : [url, passwordIn(url)]))
  const values = [secret, admin.password, s3?.secret_key, meili?.key, ...urls]
  return values.flatMap(value => (value ? [value, decoded(value)] : []))
}

/** Of a URL; another value may have a percent sign that begins no escape. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

function passwordIn(url: string): string {
  return /^[^/]+\/\/[^/@]*?:([^@]*)@/.exec(url)?.[1] ?? ''
}

function hide(text: string, secrets: readonly string[]): string {
  const [line = ''] = secrets.reduce((shown, secret) => shown.replaceAll(secret, '***'), text).split('\n')
  return line
}
