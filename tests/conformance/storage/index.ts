import { describe } from 'bun:test'
import { accountsConformance } from './accounts.ts'
import { contactsConformance } from './contacts.ts'
import { crashConformance } from './crashes.ts'
import { devicesConformance } from './devices.ts'
import { followingConformance } from './following.ts'
import { jobsConformance } from './jobs.ts'
import { invitesConformance } from './invites.ts'
import { filesConformance } from './files.ts'
import { logConformance } from './log.ts'
import { nodesConformance } from './nodes.ts'
import { noticesConformance } from './notices.ts'
import { preferencesConformance } from './preferences.ts'
import { rollupsConformance } from './rollups.ts'
import { readsConformance } from './reads.ts'
import { unreadConformance } from './unread.ts'
import { apiKeysConformance } from './api-keys.ts'
import { statusesConformance } from './statuses.ts'
import { uploadsConformance } from './uploads.ts'
import { webhooksConformance } from './webhooks.ts'
import type { Subjects } from './subject.ts'

export type { Subject, Subjects } from './subject.ts'

/** The tests that every adapter of the storage port must pass (src/ports/storage.ts). */
export function storageConformance(name: string, subjects: Subjects): void {
  describe(`${name} keeps the promises of the storage port`, () => {
    accountsConformance(subjects)
    logConformance(subjects)
    followingConformance(subjects)
    jobsConformance(subjects)
    rollupsConformance(subjects)
    readsConformance(subjects)
    invitesConformance(subjects)
    unreadConformance(subjects)
    contactsConformance(subjects)
    devicesConformance(subjects)
    preferencesConformance(subjects)
    noticesConformance(subjects)
    nodesConformance(subjects)
    apiKeysConformance(subjects)
    webhooksConformance(subjects)
    statusesConformance(subjects)
    filesConformance(subjects)
    uploadsConformance(subjects)
    crashConformance(subjects)
  })
}
