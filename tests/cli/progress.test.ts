import { expect, test } from 'bun:test'
import { showProgress } from '../../src/cli/progress.ts'

/** What a screen was told. */
function screen(isTTY: boolean) {
  const texts: string[] = []
  return { isTTY, texts, write: (text: string) => texts.push(text) }
}

test('without a terminal progress is one line for each step when it ends', () => {
  const shown = screen(false)
  const progress = showProgress(shown)
  progress('messages', 500, 1_000)
  progress('messages', 1_000, 1_000)
  progress('files', 3)
  progress.end()
  progress.end()
  expect(shown.texts.map(text => text.trimEnd())).toEqual(['messages 1,000/1,000', 'files 3'])
  for (const text of shown.texts) expect(text).toEndWith('\n')
})

test('on a terminal progress is a bar that fills, each step on a line of its own', () => {
  const shown = screen(true)
  const progress = showProgress(shown)
  progress('messages', 500, 1_000)
  progress('files', 3)
  progress.end()
  const lines = shown.texts.join('').split('\n')
  expect(lines.map(line => line.split('\r').at(-1)?.trimEnd())).toEqual([
    `[${'#'.repeat(15)}${'.'.repeat(15)}] messages 500/1,000`,
    'files 3',
    '',
  ])
})
