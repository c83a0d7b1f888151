import { test } from 'bun:test'
import { openMongo } from '../../src/adapters/storage/mongo/open.ts'
import { storageConformance, type Subject } from '../conformance/storage/index.ts'
import { failing } from '../support/faults.ts'
import { openDatabase, patient } from '../support/mongo.ts'

const url = process.env['MONGODB_URL']

async function subject(server: string): Promise<Subject> {
  const database = openDatabase(server)
  return {
    open: fault => openMongo({ url: server, database: database.database, connect: fault ? failing(fault) : patient }),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}

if (url) storageConformance('MongoDB', () => subject(url))
else
  test.skip('the conformance of the MongoDB adapter: MONGODB_URL is not set, there is no server to test against', () =>
    undefined)
