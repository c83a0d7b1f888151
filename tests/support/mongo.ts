import { MongoClient, type Document } from 'mongodb'
import { Driver } from '../../src/adapters/storage/mongo/driver.ts'
import { openMongo } from '../../src/adapters/storage/mongo/open.ts'
import type { Storage, StoredEntry } from '../../src/ports/storage.ts'

/** For tests that are not about time: a busy machine or a slow server fails nothing. */
const PATIENT_MS = 30_000
type Connect = (...args: ConstructorParameters<typeof Driver>) => Driver
export const patient: Connect = (url, database, options) =>
  new Driver(url, database, { ...options, limit_ms: Math.max(PATIENT_MS, options?.limit_ms ?? 0) })

/** Counts the commands that reach the server, cursors' further batches among them; those of the client's own apart. */
export function counting(): { connect: Connect; commands: string[]; sent: Document[] } {
  const commands: string[] = []
  const sent: Document[] = []
  const connect: Connect = (url, database, options) => {
    const driver = new Driver(url, database, { limit_ms: PATIENT_MS, ...options, monitorCommands: true })
    driver.client.on('commandStarted', ({ commandName, command }) => {
      if (OWN_COMMANDS.has(commandName)) return
      commands.push(`${commandName} ${String(command[commandName])}`)
      sent.push(command)
    })
    return driver
  }
  return { connect, commands, sent }
}
const OWN_COMMANDS = new Set(['hello', 'isMaster', 'ismaster', 'ping', 'endSessions', 'saslStart', 'saslContinue'])

/** A database of its own for one test, dropped at the end. */
export function openDatabase(url: string) {
  const database = `parley_test_${Bun.randomUUIDv7().replaceAll('-', '')}`
  return {
    url,
    database,
    connect: patient,
    async set(collection: string, _id: string, fields: Record<string, unknown>) {
      await using client = new MongoClient(url)
      await client.db(database).collection<{ _id: string }>(collection).updateOne({ _id }, { $set: fields })
    },
    async count(collection: string): Promise<number> {
      await using client = new MongoClient(url)
      return await client.db(database).collection(collection).countDocuments()
    },
    async indexes(collection: string): Promise<unknown[]> {
      await using client = new MongoClient(url)
      return (await client.db(database).collection(collection).indexes()).map(({ key }) => key)
    },
    async [Symbol.asyncDispose]() {
      await using client = new MongoClient(url)
      await client.db(database).dropDatabase()
    },
  }
}

/** Two processes of one database. */
export async function twoNodes(url: string, work: (here: Storage, there: Storage) => Promise<void>): Promise<void> {
  await using database = openDatabase(url)
  await using here = await openMongo(database)
  await using there = await openMongo(database)
  await work(here, there)
}

/** The changes that listeners are called with, by stream. */
export function changesHeard(storage: Storage): () => Map<string, number[]> {
  const heard: StoredEntry[] = []
  storage.log.onCommit(entries => heard.push(...entries))
  return () => {
    const changes = new Map<string, number[]>()
    for (const { stream, change } of heard) changes.set(stream, [...(changes.get(stream) ?? []), change])
    return changes
  }
}

export async function rejection(call: Promise<unknown>): Promise<unknown> {
  try {
    await call
    return null
  } catch (error) {
    return error
  }
}
