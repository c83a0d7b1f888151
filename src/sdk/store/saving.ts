import type { Client } from '../client.ts'
import { randomId } from '../deferred.ts'
import type { Conversation, Message, Role } from '../wire-types.ts'
import type { Known } from './blocked.ts'
import type { DraftText } from './drafts.ts'
import { HEAD, LEASE_MS, VERSION, isHead, type Head, type StorePersistence } from './persistence.ts'
import { stateOf, type ConversationState } from './state.ts'
import type { Restored } from './sync-events.ts'
import type { Sync } from './sync.ts'

/** How long changes are collected before they are saved. */
const COLLECT_MS = 500
/** The newest messages of each conversation are saved. */
const MAX_SAVED = 50

interface SavedHead extends Head {
  role: Role
  epoch: string
  /** The position in the user's own stream. */
  change: number
  blocked: Known
}

type SavedState = Pick<ConversationState, 'memory' | 'held' | 'activity'> & {
  conversation: Conversation
  messages: readonly Message[]
}

interface Cut {
  user_id: string
  records: ReadonlyMap<string, unknown>
  whole: boolean
  turn: number
}

/** Saves the conversations and drafts of a store, and gives them back at the next start. */
export class Saving {
  readonly #persistence: StorePersistence
  readonly #client: Client
  readonly #sync: Sync
  /** Names this store among those of several tabs. */
  readonly #writer = randomId()
  #user_id: string | null = null
  #epoch: string | null = null
  /** Conversations that have changed since they were saved; null: everything has to be saved. */
  #dirty: Set<string> | null = null
  /** Incremented whenever what waits to be saved is void. */
  #turn = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #work: Promise<unknown> = Promise.resolve()

  constructor(persistence: StorePersistence, client: Client, sync: Sync) {
    this.#persistence = persistence
    this.#client = client
    this.#sync = sync
  }

  /** What was saved for the user. What cannot be read counts as nothing. */
  async load(user_id: string): Promise<{ drafts: [string, DraftText][]; saved: Restored | null }> {
    try {
      return readSaved(user_id, await this.#persistence.load(user_id))
    } catch {
      return { drafts: [], saved: null }
    }
  }

  /** The connection is ready. */
  ready(user_id: string, epoch: string): void {
    if (this.#user_id !== user_id) this.#reset(user_id)
    this.#epoch = epoch
  }

  /** A conversation has changed. */
  changed(conversation_id: string): void {
    this.#dirty?.add(conversation_id)
    this.#later(COLLECT_MS)
  }

  draft(user_id: string, conversation_id: string, draft: DraftText | null): void {
    const records = new Map([[`d ${conversation_id}`, draft ?? undefined]])
    this.#queue(() => this.#persistence.save(user_id, records, false))
  }

  /** The user has signed out: nothing of them stays. */
  leave(user_id: string): void {
    this.#reset(null)
    this.#queue(() => this.#persistence.clear(user_id))
  }

  /** Saves what has changed until now. */
  flush(): Promise<unknown> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const cut = this.#cut()
    if (cut) this.#queue(() => this.#write(cut))
    return this.#work
  }

  #reset(user_id: string | null): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#user_id = user_id
    this.#begin()
  }

  /** The next save is of everything; one of changes that waits for its turn is dropped. */
  #begin(): void {
    this.#dirty = null
    this.#turn += 1
  }

  #later(ms: number): void {
    this.#timer ??= setTimeout(() => void this.flush(), ms)
  }

  #queue(work: () => Promise<unknown>): void {
    this.#work = this.#work.then(work).catch(() => this.#begin())
  }

  /** What is to be saved, as it is now; null: nothing, or the conversations do not agree with the positions now. */
  #cut(): Cut | null {
    const user_id = this.#user_id
    const head = this.#head()
    if (user_id === null || this.#dirty?.size === 0) return null
    if (!head) {
      this.#later(COLLECT_MS)
      return null
    }
    const whole = this.#dirty === null
    const records = new Map<string, unknown>([[HEAD, head]])
    for (const id of this.#dirty ?? this.#sync.states.keys()) records.set(`c ${id}`, savedOf(this.#sync.get(id)))
    this.#dirty = new Set()
    return { user_id, records, whole, turn: this.#turn }
  }

  async #write({ user_id, records, whole, turn }: Cut): Promise<void> {
    // Without the save before it, which failed, it would be incomplete.
    if (turn !== this.#turn || (await this.#persistence.save(user_id, records, whole)) || turn !== this.#turn) return
    this.#begin()
    this.#later(LEASE_MS)
  }

  #head(): SavedHead | null {
    const { viewer, fetches, blocked } = this.#sync
    const change = this.#client.live.positions.get(viewer?.id ?? '')
    if (!viewer || !fetches.isSettled || change === undefined || this.#epoch === null) return null
    const at = Date.now()
    return { version: VERSION, writer: this.#writer, at, role: viewer.role, epoch: this.#epoch, change, blocked }
  }
}

function savedOf(state: ConversationState | null): SavedState | undefined {
  if (!state) return undefined
  const { conversation, windows, memory, held, activity } = state
  return { conversation, messages: windows.at(-1)?.slice(-MAX_SAVED) ?? [], memory, held, activity }
}

function readSaved(user_id: string, records: ReadonlyMap<string, unknown>) {
  const head = records.get(HEAD)
  const known = isHead(head) && head.version === VERSION
  const drafts: [string, DraftText][] = []
  const states: ConversationState[] = []
  for (const [key, record] of records) {
    const [kind, id = ''] = key.split(' ')
    // Casts: records of this version are what `draft` and `#save` have made.
    if (kind === 'd') drafts.push([id, record as DraftText])
    if (kind === 'c' && known) states.push(stateOfSaved(record as SavedState))
  }
  if (!known) return { drafts, saved: null }
  const { role, epoch, change, blocked } = head as SavedHead
  return { drafts, saved: { viewer: { id: user_id, role }, epoch, change, blocked, states } }
}

function stateOfSaved({ conversation, messages, memory, held, activity }: SavedState): ConversationState {
  return { ...stateOf(conversation, messages), memory, held, activity }
}
