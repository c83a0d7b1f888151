import type { Client } from '../client.ts'
import type { Draft, OutboxEntry } from '../outbox-store.ts'
import type { Message } from '../wire-types.ts'
import type { Sending } from './items.ts'
import type { Sync } from './sync.ts'
import type { Upload } from './uploads.ts'

/** What the outbox keeps of a message with files. */
interface Local {
  files: readonly Blob[]
}

interface SendsOptions {
  client: Client
  sync: Sync
  upload: (file: Blob) => Upload
  changed: (conversation_id: string) => void
}

const NONE: readonly Upload[] = []

/** The messages that are not stored yet, or whose event has not come. */
export class Sends {
  readonly #options: SendsOptions
  readonly #shown = new WeakMap<OutboxEntry, Sending>()
  /** The uploads of a message, by its `client_id`. */
  readonly #uploads = new Map<string, readonly Upload[]>()
  readonly #stop: (() => void)[]
  #before: readonly OutboxEntry[]
  /** Whether the inbox has been fetched: what is not in it is new or gone. */
  #loaded = false

  constructor(options: SendsOptions) {
    this.#options = options
    const { client, sync } = options
    this.#before = client.outbox.entries()
    this.#stop = [
      client.outbox.on('change', entries => this.#changed(entries)),
      client.outbox.attach(entry => this.#prepare(entry)),
      sync.on('change', ({ conversation_id }) => this.#settle(conversation_id)),
      sync.on('viewer', () => (this.#loaded = false)),
      sync.on('loaded', () => {
        this.#loaded = true
        for (const { draft } of client.outbox.entries()) this.#settle(draft.conversation_id)
      }),
    ]
  }

  close(): void {
    for (const stop of this.#stop) stop()
  }

  /** Those of a conversation, oldest first. */
  of(conversation_id: string): readonly Sending[] {
    const user_id = this.#options.sync.viewer?.id
    return this.#options.client.outbox
      .entries()
      .filter(entry => entry.draft.conversation_id === conversation_id && entry.user_id === user_id)
      .map(entry => this.#sending(entry))
  }

  /** The files of a message that has been added with some. */
  uploads(client_id: string): readonly Upload[] {
    return this.#uploads.get(client_id) ?? NONE
  }

  send(draft: Draft, files: readonly Blob[]): string {
    const { outbox } = this.#options.client
    return files.length > 0 ? outbox.add(draft, { files } satisfies Local) : outbox.add(draft)
  }

  discard(client_id: string): void {
    for (const upload of this.uploads(client_id)) upload.cancel()
    this.#uploads.delete(client_id)
    this.#options.client.outbox.discard(client_id)
  }

  async #prepare({ client_id, draft, local }: OutboxEntry): Promise<Draft> {
    // Cast: what `send` has given.
    const { files } = local as Local
    const uploads = this.#uploads.get(client_id) ?? files.map(file => this.#options.upload(file))
    this.#uploads.set(client_id, uploads)
    this.#options.changed(draft.conversation_id)
    const stored = await Promise.all(uploads.map(upload => upload.start()))
    return { ...draft, attachments: [...(draft.attachments ?? []), ...stored.map(({ id }) => ({ file_id: id }))] }
  }

  #sending(entry: OutboxEntry): Sending {
    const known = this.#shown.get(entry)
    if (known) return known
    const { client_id, state } = entry
    const sending: Sending = {
      client_id,
      state,
      error: state === 'failed' ? entry.reason : null,
      message: state === 'sent' ? entry.message : messageOf(entry),
    }
    this.#shown.set(entry, sending)
    return sending
  }

  #changed(entries: readonly OutboxEntry[]): void {
    const [before, now] = [new Set(this.#before), new Set(entries)]
    this.#before = entries
    const touched = [...entries.filter(entry => !before.has(entry)), ...[...before].filter(entry => !now.has(entry))]
    for (const conversation_id of new Set(touched.map(({ draft }) => draft.conversation_id))) {
      this.#options.changed(conversation_id)
      this.#settle(conversation_id)
    }
  }

  /** Leaves to the stored messages what is among them. */
  #settle(conversation_id: string): void {
    const { sync } = this.#options
    const state = sync.get(conversation_id)
    if (state) this.#end(conversation_id, state.conversation.last_seq)
    else if (this.#loaded && this.#sent(conversation_id).length > 0)
      sync.fetches.ask(conversation_id).then(
        () => sync.get(conversation_id) ?? this.#end(conversation_id, Infinity),
        () => undefined, // The next inbox tells.
      )
  }

  /** Ends what is sent and has no later place than `last_seq`. */
  #end(conversation_id: string, last_seq: number): void {
    for (const { client_id, message } of this.#sent(conversation_id))
      if (message.seq <= last_seq) {
        this.#uploads.delete(client_id)
        this.#options.client.outbox.settle(client_id)
      }
  }

  #sent(conversation_id: string) {
    return this.#options.client.outbox
      .entries()
      .flatMap(entry => (entry.state === 'sent' && entry.draft.conversation_id === conversation_id ? [entry] : []))
  }
}

/** What a message is shown as until the server has stored it. */
function messageOf({ client_id, user_id, draft, order }: OutboxEntry): Message {
  const { conversation_id, content = '', type = 'text', reply_to = null, mentions = [], metadata = null } = draft
  return {
    id: client_id,
    conversation_id,
    seq: 0,
    change: 0,
    sender_id: user_id,
    client_id,
    type,
    content,
    attachments: [],
    reply_to,
    mentions,
    metadata,
    reactions: [],
    edited_at: null,
    deleted_at: null,
    created_at: new Date(order).toISOString(),
  }
}
