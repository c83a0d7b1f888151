import type { Run } from './command.ts'

interface Command {
  /** Its module, loaded only if it is called: some load drivers that the server does without. */
  load: () => Promise<{ run: Run }>
  /** What follows the name. */
  usage: string
  summary: string
  /** Shown by `parley NAME --help`. */
  details: readonly string[]
}

/** Everything that `parley` can do. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  serve: {
    load: () => import('./serve.ts'),
    usage: '',
    summary: 'Start the server, until SIGTERM or SIGINT; also without a command',
    details: ['It migrates the store first, and creates the first ADMIN in an empty one.'],
  },
  migrate: {
    load: () => import('./migrate.ts'),
    usage: '',
    summary: 'Bring the store to the form of this version, and exit',
    details: ['Says what it did. The server does the same when it starts. On SQLite the server must be stopped.'],
  },
  admin: {
    load: () => import('./admin.ts'),
    usage: 'create USERNAME [--email ADDRESS] | reset USERNAME',
    summary: 'Create an ADMIN, or set a new password for a user',
    details: [
      'create: an account with the role ADMIN. Its e-mail address can be given, or changed later.',
      'reset:  a new password for the account, whatever its role. It ends all its sessions.',
      '',
      'The password is generated and printed once. On MongoDB the server may run; on SQLite it must be stopped.',
    ],
  },
  backup: {
    load: () => import('./backup.ts'),
    usage: '--to FOLDER',
    summary: 'Copy store, files and signing secret into a new folder',
    details: [
      'Servers go on serving meanwhile. The backup has all that was acknowledged before it began, and a hash of everything.',
      'It contains passwords as hashes and the signing secret: keep it as carefully as the data itself.',
    ],
  },
  restore: {
    load: () => import('./restore.ts'),
    usage: 'FOLDER | --new-epoch',
    summary: 'Put a backup into an empty store',
    details: [
      'Verifies the backup first. Refuses a store that is not empty, and never changes one. No server may run on it yet.',
      'The store begins a new history: clients that return fetch everything again. The search index is built anew.',
      '',
      '--new-epoch does only that, for a store that was put back by other means. Its servers must be stopped.',
    ],
  },
  move: {
    load: () => import('./move.ts'),
    usage: '--from FOLDER',
    summary: 'Move the data folder of an installation on SQLite to MongoDB',
    details: [
      'The settings are those of the new installation: MONGODB_URL of an empty database, PARLEY_DATA_DIR, and, where they are',
      'used, S3_ENDPOINT and MEILI_URL. The old server must be stopped. Its FOLDER is not changed.',
      '',
      'Everything is compared at the end. Interrupted, the command goes on when it is run again. Users stay signed in, and',
      'clients resume.',
    ],
  },
  reindex: {
    load: () => import('./reindex.ts'),
    usage: '',
    summary: 'Build the search index anew',
    details: [
      'Shows how far it is. Searches are answered by the present index meanwhile.',
      'The embedded index is built by the server, at once if it runs, else when it is started; the command waits for it.',
      'With Meilisearch the command does it; a server that stores in SQLite must be stopped for that.',
    ],
  },
  'check-config': {
    load: () => import('./check-config.ts'),
    usage: '',
    summary: 'Validate the settings, and connect to what they name',
    details: [
      'Prints one line for each dependency and changes nothing. Exits with 1 if one cannot be used, with 2 if a setting',
      'is invalid.',
    ],
  },
}
