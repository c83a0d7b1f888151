import { blankJoined } from '../../../domain/log/blank.ts'
import type { Entry } from '../../../domain/log/entry.ts'
import type { Db } from './database.ts'
import type { PurgedKind } from '../../../domain/retention.ts'
import type { Writers } from './append.ts'
import type { FileReferences } from './files.ts'
import type { GroupCommit, Participant } from './group-commit.ts'
import type { MemberRows } from './members.ts'
import type { SendIndex } from './send-index.ts'

/** Rows removed or blanked per transaction, so that sends do not wait long. */
const SLICE = 500
/** The weight of a joined entry in a slice: it contains up to 100 participants. */
const JOINED_WEIGHT = 10

/**
 * Purged conversations whose rows are not all removed yet. No read returns them after the transaction of the purge. They are
 * removed in slices, so that sends do not wait. The table lists what is left, also after a crash.
 */
export interface Purges extends Participant {
  writers: Writers<'purge'>
  /** Whether the conversation is purged, so that its rows must not be read. */
  hides(conversation: number): boolean
  /** Inside a transaction: removes a slice of its rows; true when none are left. */
  slice(conversation: number): boolean
  /** The conversations that still have rows. */
  left(): number[]
}

interface Others {
  sends: Pick<SendIndex, 'forget'>
  members: Pick<MemberRows, 'removeAll'>
  files: Pick<FileReferences, 'releaseSome'>
  clock: () => Date
}

export function openPurges(db: Db, { sends, members, files, clock }: Others): Purges {
  const all = db.read<{ conversation: number }>('SELECT conversation FROM purging')
  const one = db.read<{ conversation: number }>('SELECT conversation FROM purging WHERE conversation = ?')
  const begin = db.write('INSERT INTO purging (conversation, blanked) VALUES (?, 0)')
  const end = db.write('DELETE FROM purging WHERE conversation = ?')
  /** Removes or blanks each kind of row; null: removed by the transaction of the purge, or with its message. */
  const steps: Record<PurgedKind, Step | null> = {
    conversation: null,
    member: null,
    message: openMessages(db),
    version: null,
    pin: null,
    invite: openInvites(db),
    send: null,
    reference: (conversation, most) => files.releaseSome(conversation, most, clock().toISOString()),
    mention: openMentions(db),
    log: openEntries(db),
    'user-stream': openJoined(db),
  }
  const left = () => all.all().map(({ conversation }) => conversation)
  const hidden = new Set(left())
  let [begun, ended]: [number[], number[]] = [[], []]
  for (const conversation of hidden) sends.forget(conversation)

  return {
    writers: {
      purge(_row, { n }) {
        members.removeAll(n)
        begin(n)
        begun.push(n)
      },
    },
    hides: conversation => hidden.has(conversation),
    slice(conversation) {
      // A concurrent caller may have completed it meanwhile.
      if (!one.get(conversation)) return true
      let room = SLICE
      for (const step of Object.values(steps)) {
        room -= step?.(conversation, room) ?? 0
        if (room <= 0) return false
      }
      end(conversation)
      ended.push(conversation)
      return true
    },
    left,
    committed() {
      for (const conversation of begun) {
        hidden.add(conversation)
        sends.forget(conversation)
      }
      for (const conversation of ended) hidden.delete(conversation)
      ;[begun, ended] = [[], []]
    },
    discarded() {
      ;[begun, ended] = [[], []]
    },
  }
}

/** Removes all rows of the conversation; resolves when none are left. */
export async function empty(purges: Purges, commits: GroupCommit, conversation: number): Promise<void> {
  for (let done = false; !done;) done = await commits.submit(() => purges.slice(conversation))
}

/** Removes at most `most` rows of a conversation and returns how many. */
type Step = (conversation: number, most: number) => number

/** Messages with the rows that belong to each. */
function openMessages(db: Db): Step {
  const first = db.read<{ id: string; seq: number; sender: number }>(
    'SELECT id, seq, sender FROM messages WHERE conversation = ? ORDER BY seq LIMIT ?',
  )
  const drop = db.write('DELETE FROM messages WHERE conversation = ? AND seq <= ?')
  const dropSend = db.write('DELETE FROM sends WHERE sender = ? AND conversation = ? AND seq = ?')
  const dropVersions = db.write('DELETE FROM versions WHERE message_id = ?')
  const dropPin = db.write('DELETE FROM pins WHERE message_id = ?')
  return (conversation, most) => {
    const rows = first.all(conversation, most)
    for (const { id, seq, sender } of rows) {
      dropSend(sender, conversation, seq)
      dropVersions(id)
      dropPin(id)
    }
    drop(conversation, rows.at(-1)?.seq ?? 0)
    return rows.length
  }
}

function openMentions(db: Db): Step {
  return db.write(
    `DELETE FROM mentions WHERE (conversation, user_id, seq) IN
     (SELECT conversation, user_id, seq FROM mentions WHERE conversation = ? LIMIT ?)`,
  )
}

function openInvites(db: Db): Step {
  return db.write('DELETE FROM invites WHERE code IN (SELECT code FROM invites WHERE conversation = ? LIMIT ?)')
}

/** Blanks the entries, which stay so that the stream keeps its numbers. */
function openEntries(db: Db): Step {
  const position = db.read<{ blanked: number }>('SELECT blanked FROM purging WHERE conversation = ?')
  const next = db.read<{ change: number; count: number }>(
    `SELECT max(change) AS change, count(*) AS count FROM
     (SELECT change FROM log WHERE stream = ? AND change > ? ORDER BY change LIMIT ?)`,
  )
  const blank = db.write(
    `UPDATE log SET data = '{}', hidden = NULL
     WHERE stream = ? AND change > ? AND change <= ? AND event <> 'conversation.deleted'`,
  )
  const advance = db.write('UPDATE purging SET blanked = ? WHERE conversation = ?')
  return (conversation, most) => {
    const after = position.get(conversation)?.blanked ?? 0
    const found = next.get(conversation, after, most)
    if (!found || found.count === 0) return 0
    blank(conversation, after, found.change)
    advance(found.change, conversation)
    return found.count
  }
}

/** The `conversation.joined` entries of the members' user streams. */
function openJoined(db: Db): Step {
  const first = db.read<{ stream: number; change: number; data: string }>(
    'SELECT stream, change, data FROM log WHERE joined = ? LIMIT ?',
  )
  const blank = db.write('UPDATE log SET data = ?, joined = NULL WHERE stream = ? AND change = ?')
  return (conversation, most) => {
    const rows = first.all(conversation, Math.ceil(most / JOINED_WEIGHT))
    for (const { stream, change, data } of rows) {
      // Cast: the log contains the event as contracts/events.ts defines it.
      const joined = JSON.parse(data) as Entry<'conversation.joined'>['data']
      blank(JSON.stringify(blankJoined(joined)), stream, change)
    }
    return rows.length * JOINED_WEIGHT
  }
}
