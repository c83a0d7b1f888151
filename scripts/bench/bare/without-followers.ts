import { readConfig } from '../../../src/config.ts'
import { startServer } from '../../../src/server.ts'

/** Parley without followers of the log. */
const server = await startServer(readConfig(process.env), { followers: [] })
console.log(server.url)
