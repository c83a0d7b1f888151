import { existsSync, readFileSync } from 'node:fs'

/** The outcome of one test in a report of `bun test --reporter=junit`. */
export interface Outcome {
  file: string
  /** File, group and name: the same in every run. */
  name: string
  result: 'passed' | 'failed' | 'skipped'
}

/** The tests of one report; none if the report does not exist. Files that failed to load are not in a report. */
export function outcomes(report: string): Outcome[] {
  if (!existsSync(report)) return []
  return [...readFileSync(report, 'utf8').matchAll(/<testcase ([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g)].map(
    ([, attributes = '', body = '']) => ({
      file: attribute(attributes, 'file'),
      name: [attribute(attributes, 'file'), attribute(attributes, 'classname'), attribute(attributes, 'name')]
        .filter(part => part !== '')
        .join(' › '),
      result: /<(failure|error)\b/.test(body) ? 'failed' : /<skipped\b/.test(body) ? 'skipped' : 'passed',
    }),
  )
}

function attribute(attributes: string, name: string): string {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(` ${attributes}`)?.[1] ?? ''
  return value
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#10;', ' ')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&')
}
