import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { IndexChange } from '../../../ports/search.ts'
import { createIndex, isComplete, openIndex } from './database.ts'
import { openWriter, type Difference, type Writer } from './writer.ts'

const FILE = /^search-(\d+)\.sqlite$/
/** Pause between two steps of removing a purged conversation, in which other calls run. */
const PURGE_PAUSE_MS = 1

/**
 * The files of the index in a folder, `search-1.sqlite` and so on. A rebuild writes the next one; the last complete one is
 * the index.
 */
export class Generations implements Disposable {
  readonly #folder: string
  readonly #epoch: string
  readonly #report: (difference: Difference) => void
  #current: { number: number; writer: Writer } | null = null
  #next: { number: number; writer: Writer } | null = null
  #purging: Timer | null = null

  constructor(folder: string, epoch: string, report: (difference: Difference) => void) {
    this.#folder = folder
    this.#epoch = epoch
    this.#report = report
    const number = this.#numbers().findLast(each => isComplete(this.#path(each), epoch))
    if (number !== undefined) this.#current = { number, writer: openWriter(openIndex(this.#path(number))) }
    this.clean()
    this.#purgeLater()
  }

  get file(): string | null {
    return this.#current && this.#path(this.#current.number)
  }

  apply(changes: readonly IndexChange[]): void {
    this.#next?.writer.apply(changes)
    if (!this.#current) return
    this.#report(this.#current.writer.apply(changes))
    this.#purgeLater()
  }

  begin(): void {
    this.#next?.writer.close()
    this.#next = null
    this.clean()
    const number = (this.#numbers().at(-1) ?? 0) + 1
    this.#next = { number, writer: openWriter(createIndex(this.#path(number), this.#epoch)) }
  }

  fill(changes: readonly IndexChange[]): void {
    this.#rebuilt().writer.apply(changes)
  }

  finish(): string {
    const next = this.#rebuilt()
    next.writer.complete()
    this.#current?.writer.close()
    this.#current = next
    this.#next = null
    this.#purgeLater()
    return this.#path(next.number)
  }

  /** Removes the files that are no longer used. */
  clean(): void {
    for (const number of this.#numbers())
      if (number !== this.#current?.number && number !== this.#next?.number) this.#remove(number)
  }

  /** Gives up an index that turned out to be damaged. */
  discard(): void {
    this.#current?.writer.close()
    this.#current = null
    this.clean()
  }

  #rebuilt() {
    if (!this.#next) throw new Error('no rebuild has begun')
    return this.#next
  }

  #purgeLater(): void {
    if (this.#purging || !this.#current) return
    this.#purging = setTimeout(() => {
      this.#purging = null
      const difference = this.#current?.writer.purgeSome()
      if (!difference) return
      this.#report(difference)
      this.#purgeLater()
    }, PURGE_PAUSE_MS)
  }

  /** Ascending. */
  #numbers(): number[] {
    return readdirSync(this.#folder)
      .flatMap(name => Number(FILE.exec(name)?.[1] ?? Number.NaN))
      .filter(number => !Number.isNaN(number))
      .toSorted((a, b) => a - b)
  }

  #path(number: number): string {
    return join(this.#folder, `search-${number}.sqlite`)
  }

  #remove(number: number): void {
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${this.#path(number)}${suffix}`, { force: true })
  }

  [Symbol.dispose](): void {
    if (this.#purging) clearTimeout(this.#purging)
    this.#current?.writer.close()
    this.#next?.writer.close()
  }
}
