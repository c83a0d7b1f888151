import { describe } from 'bun:test'
import { bytesConformance } from './bytes.ts'
import { faultConformance } from './faults.ts'
import type { Subjects } from './subject.ts'

export type { Subject, Subjects } from './subject.ts'

/** The tests that every adapter of the port of files must pass (src/ports/files.ts). */
export function filesConformance(name: string, subjects: Subjects): void {
  describe(`${name} keeps the promises of the port of files`, () => {
    bytesConformance(subjects)
    faultConformance(subjects)
  })
}
