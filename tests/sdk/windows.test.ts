import { expect, test } from 'bun:test'
import * as fc from 'fast-check'
import { MEMBER_ROLES, type Message } from '../../contracts/entities.ts'
import { permissionsNow } from '../../contracts/permissions.ts'
import { ROLES } from '../../contracts/roles.ts'
import { permissionsOf } from '../../src/sdk/store/permissions.ts'
import { appended, changed, trimmed, windowAt, windowsOf, type Windows } from '../../src/sdk/store/windows.ts'
import { RoomModel } from './room-model.ts'

const model = new RoomModel()
model.do({ act: 'send', by: 'bob', mentions: [] })
const [template] = model.messages()
if (!template) throw new Error('the model has a message')
const at = (seq: number, change = seq): Message => ({ ...template, id: `message ${seq}`, seq, change })
const range = (from: number, to: number, change?: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => at(from + index, change))
const seqs = (windows: Windows) => windows.map(window => window.map(({ seq }) => seq))

const page = fc.record({ from: fc.integer({ min: 1, max: 40 }), length: fc.integer({ min: 0, max: 9 }) })

test('windows are the runs of consecutive seqs of all pages that were loaded, in any order, each message once', () => {
  fc.assert(
    fc.property(fc.array(page, { maxLength: 8 }), pages => {
      let windows: Windows = []
      const loaded = new Set<number>()
      for (const { from, length } of pages) {
        windows = windowsOf([...windows.flat(), ...range(from, from + length)])
        for (let seq = from; seq <= from + length; seq += 1) loaded.add(seq)
      }
      expect(windows.flat().map(({ seq }) => seq)).toEqual([...loaded].toSorted((a, b) => a - b))
      for (const window of windows) {
        const [{ seq: first }] = window
        expect(window.map(({ seq }) => seq)).toEqual(window.map((_, index) => first + index))
        expect(loaded.has(first - 1)).toBe(false)
        expect(loaded.has(first + window.length)).toBe(false)
      }
      for (let seq = 1; seq <= 50; seq += 1) expect(windowAt(windows, seq) !== undefined).toBe(loaded.has(seq))
    }),
  )
})

test('of two versions of a message the later one stays, whichever comes last', () => {
  for (const versions of [
    [at(1, 5), at(1, 9)],
    [at(1, 9), at(1, 5)],
  ])
    expect(windowsOf(versions).flat()).toEqual([at(1, 9)])
})

test('a new message joins the window at the end, or begins one, and closes the hole before it', () => {
  expect(seqs(appended(windowsOf(range(1, 3)), at(4)))).toEqual([[1, 2, 3, 4]])
  expect(seqs(appended(windowsOf(range(1, 3)), at(6)))).toEqual([[1, 2, 3], [6]])
  expect(seqs(appended(windowsOf([...range(1, 3), at(5)]), at(4)))).toEqual([[1, 2, 3, 4, 5]])
  expect(appended(windowsOf([at(4, 9)]), at(4, 4)).flat()).toEqual([at(4, 9)])
})

test('trimming keeps the messages nearest to a seq', () => {
  const windows = windowsOf([...range(1, 10), ...range(20, 30)])
  expect(seqs(trimmed(windows, 5, 30))).toEqual([[26, 27, 28, 29, 30]])
  expect(seqs(trimmed(windows, 5, 1))).toEqual([[1, 2, 3, 4, 5]])
  expect(seqs(trimmed(windows, 13, 20))).toEqual([[9, 10], range(20, 30).map(({ seq }) => seq)])
  expect(trimmed(windows, 21, 1)).toBe(windows)
})

test('windows in which nothing changes are the same objects', () => {
  const windows = windowsOf([...range(1, 3), ...range(5, 6)])
  expect(changed(windows, message => message)).toBe(windows)
  const after = changed(windows, message => (message.seq === 6 ? at(6, 9) : message))
  expect(after[0]).toBe(windows[0])
  expect(after[1]).toEqual([at(5), at(6, 9)])
})

test('the client computes the permissions that the server names, for all roles', () => {
  for (const role of ROLES)
    for (const member of MEMBER_ROLES)
      for (const type of ['direct', 'group'] as const)
        for (const disabled of [false, true])
          if (type === 'group' || member === 'member')
            expect(permissionsOf(role, member, { type, disabled })).toEqual(
              permissionsNow(role, member, { type, disabled }),
            )
})
