/** Runs a program that collects garbage on SIGWINCH, for measuring memory. */
import { pathToFileURL } from 'node:url'

process.on('SIGWINCH', () => Bun.gc(true))
await import(pathToFileURL(process.argv[2] ?? '').href)
