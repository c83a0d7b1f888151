import { expect, test } from 'bun:test'
import { pageOf } from '../../src/domain/paging.ts'
import { visiblePage } from '../../src/features/visible-page.ts'

const ids = Array.from({ length: 2_000 }, (_, index) => String(index).padStart(4, '0'))
const self = (id: string) => id

test('a page is filled from as many reads as it takes, whatever is hidden and whatever goes meanwhile', async () => {
  const edges = (id: string) => id < '0005' || id > '1994'
  for (const hides of [
    () => false,
    edges,
    (id: string) => id < '1500',
    (id: string) => Number(id) % 7 !== 0,
    () => true,
  ])
    for (const ascending of [true, false]) {
      const page = { ascending, limit: 5 }
      const left = new Set(ids)
      const found = await visiblePage(
        page,
        async asked => {
          const rows = pageOf([...left], self, asked)
          // The row with which the next read begins is removed by somebody.
          left.delete(rows.at(-1) ?? '')
          return rows
        },
        self,
        async rows => rows.filter(id => !hides(id)),
      )
      const wanted = ids.filter(id => !hides(id))
      expect(found).toEqual((ascending ? wanted : wanted.toReversed()).slice(0, page.limit))
    }
})
