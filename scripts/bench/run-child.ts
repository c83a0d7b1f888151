/** Runs a program with a signal that makes it collect its garbage, for measuring memory. */
import { pathToFileURL } from 'node:url'

process.on('SIGWINCH', () => Bun.gc(true))
await import(pathToFileURL(process.argv[2] ?? '').href)
