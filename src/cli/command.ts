import { parseArgs, type ParseArgsConfig } from 'node:util'

/** What a command gets from its process. */
export interface Invocation {
  /** What follows the command's name. */
  args: string[]
  environment: Readonly<Record<string, string | undefined>>
  /** Writes lines to stdout, all in one call, because a program that reads the first may close the output before the second. */
  say: (...lines: string[]) => void
}

/** Carries out a command and gives the exit code of the process: 0 if it succeeded, else 1. */
export type Run = (invocation: Invocation) => Promise<number>

/** The command was called wrongly; the message says how. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** What the command was asked for cannot be done; the message says why. Exit code 1. */
export class Refused extends Error {
  override readonly name = 'Refused'
}

type Options = NonNullable<ParseArgsConfig['options']>

/** The options and the other words of a command line. Throws `UsageError` for an option that is not in the table. */
export function readArguments<O extends Options>(args: string[], options: O) {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'wrong arguments', { cause: error })
  }
}

/** For commands that take no arguments. */
export function refuseArguments(args: string[]): void {
  const [word] = readArguments(args, {}).positionals
  if (word !== undefined) throw new UsageError(`unknown argument ${word}`)
}
