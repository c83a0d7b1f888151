import { existsSync, readFileSync } from 'node:fs'

/** What `bun test --reporter=junit` says of each test. */
export interface Outcome {
  file: string
  /** File, group and name: the same in every run. */
  name: string
  result: 'passed' | 'failed' | 'skipped'
}

/** The tests of one report; none where there is no report. A file that failed to load is in no report. */
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
