import { expect, test } from 'bun:test'
import { Emitter } from '../../src/sdk/emitter.ts'

test('a listener that removes and adds itself is called once for each event', () => {
  const emitter = new Emitter<{ event: number }>()
  const heard: number[] = []
  const listener = (value: number) => {
    heard.push(value)
    if (heard.length > 10) throw new Error('called without end')
    off()
    off = emitter.on('event', listener)
  }
  let off = emitter.on('event', listener)
  emitter.emit('event', 1)
  emitter.emit('event', 2)
  expect(heard).toEqual([1, 2])
})

test('a listener that another one removes is not called any more', () => {
  const emitter = new Emitter<{ event: null }>()
  const heard: string[] = []
  emitter.on('event', () => off())
  const off = emitter.on('event', () => heard.push('removed'))
  emitter.emit('event', null)
  expect(heard).toEqual([])
})

test('a listener that throws is reported, and the others are called', () => {
  const emitter = new Emitter<{ event: null }>()
  const reported: unknown[] = []
  const before = globalThis.reportError
  globalThis.reportError = error => void reported.push(error)
  try {
    const wrong = new Error('wrong')
    const heard: string[] = []
    emitter.on('event', () => {
      throw wrong
    })
    emitter.on('event', () => heard.push('called'))
    emitter.emit('event', null)
    expect([heard, reported]).toEqual([['called'], [wrong]])
  } finally {
    globalThis.reportError = before
  }
})
