const WIDTH = 30
const EVERY_MS = 500
const PLAIN_MS = 10_000

/** A progress bar with count and rate; without a terminal, lines at intervals. */
export class Progress {
  readonly #name: string
  readonly #total: number
  readonly #start = performance.now()
  #done = 0
  #shown = 0

  constructor(name: string, total: number) {
    this.#name = name
    this.#total = total
  }

  step(): void {
    this.#done += 1
    const now = performance.now()
    if (now - this.#shown < (process.stdout.isTTY ? EVERY_MS : PLAIN_MS) && this.#done < this.#total) return
    this.#shown = now
    const part = this.#done / this.#total
    const rate = Math.round(this.#done / this.seconds)
    const text = `${this.#name} ${this.#done.toLocaleString('en')}/${this.#total.toLocaleString('en')} ${rate}/s`
    if (!process.stdout.isTTY) return console.log(text)
    const bar = '#'.repeat(Math.round(part * WIDTH)).padEnd(WIDTH, '.')
    process.stdout.write(`\r[${bar}] ${text}   ${this.#done === this.#total ? '\n' : ''}`)
  }

  get seconds(): number {
    return (performance.now() - this.#start) / 1_000
  }
}
