import pino, { type DestinationStream, type Logger } from 'pino'

export type { Logger }

/** JSON lines on stdout. Tokens, passwords and message text are never passed to it. */
export function openLogger(level: string, destination?: DestinationStream): Logger {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime }
  return destination ? pino(options, destination) : pino(options)
}
