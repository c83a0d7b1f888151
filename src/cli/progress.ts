import type { Progress } from '../ports/backup.ts'

const WIDTH = 30
const SHOWN_EVERY_MS = 200
const LINE_EVERY_MS = 10_000

/** Where progress is shown: stderr, which may be a terminal. */
export interface Screen {
  isTTY?: boolean
  write(text: string): unknown
}

/** Shows each step with its count and rate: on a terminal one line that changes, with a bar if the total is known; else a line now and then. */
export function showProgress(screen: Screen): Progress & { end(): void } {
  let step = ''
  let began = 0
  let shown = 0
  let text = ''
  const end = () => {
    if (step !== '') screen.write(screen.isTTY === true ? `\r${text}\n` : `${text}\n`)
    step = ''
  }
  function show(name: string, done: number, total?: number): void {
    const now = performance.now()
    if (name !== step) {
      end()
      ;[step, began, shown] = [name, now, now]
    }
    text = textOf(name, done, { total, seconds: (now - began) / 1_000, bar: screen.isTTY === true })
    if (now - shown < (screen.isTTY === true ? SHOWN_EVERY_MS : LINE_EVERY_MS)) return
    shown = now
    screen.write(screen.isTTY === true ? `\r${text}` : `${text}\n`)
  }
  return Object.assign(show, { end })
}

function textOf(
  name: string,
  done: number,
  { total, seconds, bar }: { total: number | undefined; seconds: number; bar: boolean },
): string {
  const rate = seconds > 1 ? ` ${Math.round(done / seconds).toLocaleString('en')}/s` : ''
  const count = done.toLocaleString('en')
  if (total === undefined) return `${name} ${count}${rate}   `
  const filled = '#'.repeat(total > 0 ? Math.round((Math.min(done, total) / total) * WIDTH) : WIDTH)
  return `${bar ? `[${filled.padEnd(WIDTH, '.')}] ` : ''}${name} ${count}/${total.toLocaleString('en')}${rate}   `
}
