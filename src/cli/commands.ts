import * as admin from './admin.ts'
import * as checkConfig from './check-config.ts'
import type { Run } from './command.ts'
import * as migrate from './migrate.ts'
import * as serve from './serve.ts'

interface Command {
  run: Run
  /** What follows the name. */
  usage: string
  summary: string
  /** Shown by `parley NAME --help`. */
  details: readonly string[]
}

/** Everything that `parley` can do. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  serve: {
    run: serve.run,
    usage: '',
    summary: 'Start the server, until SIGTERM or SIGINT; also without a command',
    details: ['It migrates the store first, and creates the first ADMIN in an empty one.'],
  },
  migrate: {
    run: migrate.run,
    usage: '',
    summary: 'Bring the store to the form of this version, and exit',
    details: ['Says what it did. The server does the same when it starts. On SQLite the server must be stopped.'],
  },
  admin: {
    run: admin.run,
    usage: 'create USERNAME [--email ADDRESS] | reset USERNAME',
    summary: 'Create an ADMIN, or set a new password for a user',
    details: [
      'create: an account with the role ADMIN. Its e-mail address can be given, or changed later.',
      'reset:  a new password for the account, whatever its role. It ends all its sessions.',
      '',
      'The password is generated and printed once. On MongoDB the server may run; on SQLite it must be stopped.',
    ],
  },
  'check-config': {
    run: checkConfig.run,
    usage: '',
    summary: 'Validate the settings, and connect to what they name',
    details: [
      'Prints one line for each dependency and changes nothing. Exits with 1 if one cannot be used, with 2 if a setting',
      'is invalid.',
    ],
  },
}
