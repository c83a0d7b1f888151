import { join } from 'node:path'
import { ROOT } from '../docs/checkout.ts'

export interface Instruction {
  name: string
  rest: string
}

export interface Stage {
  image: string
  name: string | null
  instructions: Instruction[]
}

/** The stages of the project's Dockerfile, with continued lines joined and comments left out. */
export async function readDockerfile(): Promise<Stage[]> {
  const text = await Bun.file(join(ROOT, 'Dockerfile')).text()
  const lines = text.replaceAll(/\\\n\s*/g, '').split('\n')
  const stages: Stage[] = []
  for (const line of lines) {
    const [, name = '', rest = ''] = /^([A-Z]+)\s+(.+)$/.exec(line) ?? []
    if (name === '') continue
    if (name === 'FROM') {
      const [, image = '', alias = null] = /^(\S+)(?:\s+AS\s+(\S+))?$/.exec(rest) ?? []
      stages.push({ image, name: alias, instructions: [] })
    } else stages.at(-1)?.instructions.push({ name, rest })
  }
  return stages
}

/** The arguments of each instruction of that name. */
export function allOf(stage: Stage | undefined, name: string): string[] {
  return (stage?.instructions ?? []).filter(each => each.name === name).map(({ rest }) => rest)
}

/** What the last stage puts into the environment. */
export async function imageEnvironment(): Promise<Record<string, string>> {
  const pairs = allOf((await readDockerfile()).at(-1), 'ENV').flatMap(rest => rest.split(/\s+/))
  return Object.fromEntries(pairs.map(pair => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]))
}
