/** Runs a program with a signal that makes it collect its garbage, for measuring memory. */
process.on('SIGUSR2', () => Bun.gc(true))
await import(process.argv[2] ?? '')

export {}
