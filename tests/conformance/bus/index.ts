import { describe, expect, test } from 'bun:test'
import type { Bus, Note } from '../../../src/ports/bus.ts'
import { until } from '../../support/until.ts'

/** An installation whose nodes share a secret and a store. */
export interface Network extends AsyncDisposable {
  join(): Promise<Bus>
}

export interface LossyNetwork extends Network {
  /** Ends the connections of all nodes, which may connect again at once. */
  interrupt(): Promise<void>
}

/** A node and the changes that it was told by topic. */
export function hearing(bus: Bus): Map<string, number[]> {
  const heard = new Map<string, number[]>()
  bus.onNote((note, topic) => {
    if (note.kind === 'committed') heard.set(topic, [...(heard.get(topic) ?? []), note.change])
  })
  return heard
}

const PROBE = 1_000_000
export const said = (change: number): Note => ({ kind: 'committed', stream: 'a stream', change })
/** Without the notes that only found out whether a subscription is in effect. */
export const told = (heard: Map<string, number[]>, topic: string) =>
  (heard.get(topic) ?? []).filter(change => change < PROBE)

/** Waits until notes on the topic reach a node. */
export async function inEffect(from: Bus, heard: Map<string, number[]>, topic: string): Promise<void> {
  const before = heard.get(topic)?.length ?? 0
  let probe = PROBE
  await until(() => {
    from.publish(topic, said((probe += 1)))
    return (heard.get(topic)?.length ?? 0) > before
  }, `the subscription to ${topic} is in effect`)
}

/** The tests that every adapter of the bus must pass (src/ports/bus.ts). */
export function busConformance(name: string, open: () => Promise<Network>): void {
  describe(`${name} keeps the promises of the bus port`, () => {
    test('notes that were sent just before a node closes reach the others', async () => {
      await using network = await open()
      await using there = await network.join()
      const heard = hearing(there)
      there.subscribe('room')
      const sent = Array.from({ length: 500 }, (_, index) => index + 1)
      {
        await using here = await network.join()
        await inEffect(here, heard, 'room')
        for (const change of sent) here.publish('room', said(change))
      }
      await until(() => told(heard, 'room').length >= sent.length, 'all notes come')
      expect(told(heard, 'room')).toEqual(sent)
    })

    test('a note reaches every node that is subscribed to its topic once, in order, and not its sender', async () => {
      await using network = await open()
      await using here = await network.join()
      await using there = await network.join()
      await using third = await network.join()
      const all = [here, there, third].map(bus => ({ bus, heard: hearing(bus) }))
      for (const { bus } of all) bus.subscribe('room')
      third.subscribe('other')
      for (const { bus, heard } of all.slice(1)) await inEffect(here, heard, bus === third ? 'other' : 'room')
      await inEffect(here, all[2]?.heard ?? new Map(), 'room')
      const sent = Array.from({ length: 500 }, (_, index) => index + 1)
      for (const change of sent) here.publish('room', said(change))
      here.publish('other', said(501))
      const [own, second, last] = all.map(({ heard }) => heard)
      await until(() => told(last ?? new Map(), 'other').length === 1, 'the last note comes')
      await until(() => told(second ?? new Map(), 'room').length >= 500, 'all notes come')
      expect(told(second ?? new Map(), 'room')).toEqual(sent)
      expect(told(last ?? new Map(), 'room')).toEqual(sent)
      expect([...(own ?? new Map()).keys(), ...(second ?? new Map()).keys()]).toEqual(['room'])
    })

    test('a node hears nothing more of a topic that it has left, and subscribing twice is as once', async () => {
      await using network = await open()
      await using here = await network.join()
      await using there = await network.join()
      const heard = hearing(there)
      for (const topic of ['room', 'room', 'other']) there.subscribe(topic)
      await inEffect(here, heard, 'room')
      there.unsubscribe('room')
      await inEffect(here, heard, 'other')
      here.publish('room', said(1))
      here.publish('other', said(2))
      await until(() => told(heard, 'other').length === 1, 'the later note comes')
      expect(told(heard, 'room')).toEqual([])
      there.subscribe('room')
      await inEffect(here, heard, 'room')
      here.publish('room', said(3))
      await until(() => told(heard, 'room').length === 1, 'the note comes again')
    })

    test('a node may be subscribed to thousands of topics', async () => {
      await using network = await open()
      await using here = await network.join()
      await using there = await network.join()
      const heard = hearing(there)
      for (let n = 0; n < 5_000; n += 1) there.subscribe(`topic ${n}`)
      await inEffect(here, heard, 'topic 4999')
      for (let n = 0; n < 5_000; n += 1) here.publish(`topic ${n}`, said(1))
      await until(() => heard.size === 5_000, 'every topic is heard')
      expect([...heard.keys()].every(topic => told(heard, topic).length === 1)).toBe(true)
    })

    test('a listener that throws does not keep the note from the others', async () => {
      await using network = await open()
      await using here = await network.join()
      await using there = await network.join()
      const warned: string[] = []
      const listen = (warning: Error) => void warned.push(warning.message)
      process.on('warning', listen)
      there.onNote(() => {
        throw new Error('this listener throws')
      })
      const heard = hearing(there)
      there.subscribe('room')
      await inEffect(here, heard, 'room')
      await until(() => warned.includes('this listener throws'), 'the warning')
      process.off('warning', listen)
    })

    test('a node that was closed hears nothing, and may still be called', async () => {
      await using network = await open()
      await using here = await network.join()
      await using third = await network.join()
      const there = await network.join()
      const [heard, heardThird] = [hearing(there), hearing(third)]
      there.subscribe('room')
      third.subscribe('room')
      await inEffect(here, heard, 'room')
      await inEffect(here, heardThird, 'room')
      await there[Symbol.asyncDispose]()
      const before = heard.get('room')?.length
      there.publish('room', said(1))
      there.subscribe('other')
      here.publish('room', said(2))
      await until(() => told(heardThird, 'room').length > 0, 'the note comes')
      expect(told(heardThird, 'room')).toEqual([2])
      expect(heard.get('room')?.length).toBe(before)
    })
  })
}

/** The same for one whose connections can be lost. */
export function lossyBusConformance(name: string, open: () => Promise<LossyNetwork>): void {
  busConformance(name, open)
  describe(`${name} keeps the promises of the bus port when connections are lost`, () => {
    test('after its connections were lost a node hears every topic again, once, also those of meanwhile', async () => {
      await using network = await open()
      await using here = await network.join()
      await using there = await network.join()
      const heard = hearing(there)
      const phases: string[] = []
      there.onLost(() => phases.push('lost'))
      there.onRestored(() => phases.push('restored'))
      for (const topic of ['kept', 'left']) there.subscribe(topic)
      await inEffect(here, heard, 'left')
      for (let round = 1; round <= 3; round += 1) {
        await network.interrupt()
        await until(() => phases.length >= round * 2 - 1, 'the loss is noticed')
        there.subscribe(`new ${round}`)
        there.unsubscribe('left')
        await until(() => phases.length === round * 2 && there.connected && here.connected, 'it is restored')
        for (const topic of ['kept', 'left', `new ${round}`]) here.publish(topic, said(round))
        await until(() => told(heard, `new ${round}`).length > 0, 'notes come again')
        expect([told(heard, 'kept').at(-1), told(heard, 'left'), told(heard, `new ${round}`)]).toEqual([
          round,
          [],
          [round],
        ])
      }
      expect(told(heard, 'kept')).toEqual([1, 2, 3])
      expect(phases).toEqual(['lost', 'restored', 'lost', 'restored', 'lost', 'restored'])
    })
  })
}
