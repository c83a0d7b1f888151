import { afterAll, describe } from 'bun:test'
import type { SearchIndex } from '../../../src/ports/search.ts'
import { shared } from '../../support/shared.ts'
import { changesConformance } from './changes.ts'
import { matchingConformance } from './matching.ts'
import { rebuildConformance } from './rebuild.ts'
import { scriptsConformance } from './scripts.ts'
import { EPOCH, type SearchSubjects } from './subject.ts'

export type { SearchSubject, SearchSubjects } from './subject.ts'

/** The tests that every adapter of the search port must pass (src/ports/search.ts). */
export function searchConformance(name: string, subjects: SearchSubjects): void {
  describe(`${name} keeps the promises of the search port`, () => {
    const subject = shared(async () => {
      const place = await subjects()
      const index = await place.open(EPOCH)
      await (await index.begin()).finish()
      return { place, index }
    })
    afterAll(async () => {
      await subject().index[Symbol.asyncDispose]()
      await subject().place[Symbol.asyncDispose]()
    })
    const index = (): SearchIndex => subject().index
    matchingConformance(index)
    scriptsConformance(index)
    changesConformance(index)
    rebuildConformance(subjects)
  })
}
