import { readFileSync } from 'node:fs'

/** What the environment sets. */
export interface Given {
  values: Record<string, string>
  /** What is wrong, by the name of the variable, without its value. */
  problems: string[]
}

const FILE = '_FILE'

/**
 * Reads the settings that are known. An empty variable counts as not set. `NAME_FILE` names a file that contains the value of
 * `NAME`, less white space around it, so that a secret need not be in the environment.
 */
export function readEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  isKnown: (name: string) => boolean,
): Given {
  const values: Record<string, string> = {}
  const problems: string[] = []
  const unknown: string[] = []
  for (const [name, value = ''] of Object.entries(environment)) {
    if (value === '') continue
    const target = name.endsWith(FILE) ? name.slice(0, -FILE.length) : null
    if (isKnown(name)) values[name] = value
    else if (target === null || !isKnown(target)) {
      if (name.startsWith('PARLEY_')) unknown.push(name)
    } else if (environment[target]) problems.push(`${name}: is set and ${target} too`)
    else {
      const content = contentOf(value)
      if ('problem' in content) problems.push(`${name}: ${content.problem}`)
      else values[target] = content.text
    }
  }
  if (unknown.length > 0) problems.unshift(`unknown setting ${unknown.join(', ')} (see docs/configuration.md)`)
  return { values, problems }
}

function contentOf(file: string): { text: string } | { problem: string } {
  try {
    const text = readFileSync(file, 'utf8').trim()
    return text === '' ? { problem: 'the file is empty' } : { text }
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : ''
    return { problem: `the file cannot be read${reason}` }
  }
}
