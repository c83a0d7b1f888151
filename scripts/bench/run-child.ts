/** Runs a program that collects garbage on SIGWINCH, for measuring memory. */
import { pathToFileURL } from 'node:url'

process.on('SIGWINCH', () => Bun.gc(true))
// The program takes no arguments.
const [program = ''] = process.argv.splice(2)
await import(pathToFileURL(program).href)
