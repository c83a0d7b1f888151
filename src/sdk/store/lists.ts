import type { Client } from '../client.ts'
import type {
  Contact,
  EventData,
  EventFrame,
  InputOf,
  Member,
  OutputOf,
  Preferences,
  Receipt,
  User,
} from '../wire-types.ts'
import { Cells, type Batch } from './cell.ts'
import { Loaded } from './loaded.ts'
import { Paged } from './paged.ts'

const LIMIT = 100

type Page<T> = Promise<{ data: readonly T[]; next_start: string | null }>

/** Lists and single values that are fetched when they are watched, and kept up to date by events. */
export class Lists {
  readonly contacts: Paged<Contact>
  readonly blocked: Paged<Contact>
  readonly preferences: Loaded<Preferences>
  readonly users: Cells<Loaded<User>>
  readonly members: Cells<Paged<Member>>
  readonly receipts: Cells<Paged<Receipt>>
  readonly #client: Client
  readonly #batch: Batch
  readonly #random: () => number

  constructor(client: Client, batch: Batch, random: () => number) {
    this.#client = client
    this.#batch = batch
    this.#random = random
    const page = (start: string | null) => ({ limit: LIMIT, ...(start === null ? {} : { start }) })
    const ofContact = ({ contact_id }: Contact) => contact_id
    const ofUser = ({ user_id }: { user_id: string }) => user_id
    this.contacts = this.#paged(start => client.contacts.list(page(start)), ofContact)
    this.blocked = this.#paged(start => client.contacts.list({ blocked: true, ...page(start) }), ofContact)
    this.preferences = new Loaded(batch, random, () => client.notifications.preferences())
    this.users = new Cells(user_id => new Loaded(batch, random, () => client.users.get({ user_id })))
    this.members = new Cells(conversation_id =>
      this.#paged(start => client.conversations.members({ conversation_id, ...page(start) }), ofUser),
    )
    this.receipts = new Cells(conversation_id =>
      this.#paged(start => client.conversations.receipts({ conversation_id, ...page(start) }), ofUser),
    )
  }

  /** The hits of a search, page by page. */
  search(query: Omit<InputOf<'search.messages'>, 'start'>): Paged<OutputOf<'search.messages'>['data'][number]> {
    return this.#paged(
      start => this.#client.search.messages({ limit: 20, ...query, ...(start === null ? {} : { start }) }),
      ({ message }) => message.id,
    )
  }

  take({ event, stream = '', data }: EventFrame): void {
    if (event === 'contact.added' || event === 'contact.updated' || event === 'contact.removed') this.#contact(data)
    else if (event === 'preferences.updated') this.preferences.set(data)
    else if (event === 'user.updated') this.learn(data.user)
    else if (event === 'receipt.updated') {
      const { conversation_id, ...receipt } = data
      for (const list of this.receipts.known(conversation_id))
        if (
          !list.get().items.some(item => item.user_id === receipt.user_id && item.last_read_seq > receipt.last_read_seq)
        )
          list.put(receipt)
    } else for (const list of this.members.known(stream)) this.#member(list, event, data)
  }

  learn(user: User): void {
    for (const known of this.users.known(user.id)) known.set(user)
    for (const list of [this.contacts, this.blocked])
      list.update(items => items.map(item => (item.contact_id === user.id ? { ...item, user } : item)))
  }

  /** A stream cannot be replayed; null: what no stream has may have changed. */
  reload(stream: string | null, viewer_id: string): void {
    const lists: { reload(): void }[] = [...this.receipts.known(stream ?? undefined)]
    // Profiles change rarely, and there may be many.
    if (stream === null) for (const user of this.users.known()) user.expire()
    else if (stream === viewer_id) lists.push(this.contacts, this.blocked, this.preferences)
    else lists.push(...this.members.known(stream))
    for (const list of lists) list.reload()
  }

  /** The connection is back: loads what is watched and could not be loaded. */
  retry(): void {
    for (const list of [this.contacts, this.blocked, ...this.#of()]) list.want()
    for (const value of [this.preferences, ...this.users.known()]) value.want()
  }

  /** The events that follow begin now: what was fetched before may lack some. */
  renew(): void {
    for (const user of this.users.known()) user.expire()
    for (const list of [this.contacts, this.blocked, this.preferences, ...this.#of()]) list.reload()
  }

  /** The viewer has become a member, also once more. */
  come(conversation_id: string): void {
    for (const list of this.#of(conversation_id)) list.want()
  }

  /** The viewer is no longer a member. */
  leave(conversation_id: string): void {
    for (const list of this.#of(conversation_id)) list.clear()
  }

  /** Another user signs in. */
  clear(): void {
    for (const list of [this.contacts, this.blocked, ...this.#of()]) list.clear()
    for (const value of [this.preferences, ...this.users.known()]) value.set(null)
  }

  /** The lists of a conversation, or of all. */
  #of(conversation_id?: string): (Paged<Member> | Paged<Receipt>)[] {
    return [...this.members.known(conversation_id), ...this.receipts.known(conversation_id)]
  }

  #contact(contact: Contact): void {
    if (contact.added_at === null) this.contacts.remove(contact.contact_id)
    else this.contacts.put(contact)
    if (contact.blocked_at === null) this.blocked.remove(contact.contact_id)
    else this.blocked.put(contact)
  }

  #member(list: Paged<Member>, event: string, data: object): void {
    // Cast: contracts define the data of these events.
    const {
      members = [],
      user_ids = [],
      user_id,
      role,
    } = data as Partial<EventData<'member.added'> & EventData<'member.removed'> & EventData<'member.updated'>>
    if (event === 'member.added') for (const member of members) list.put(member)
    else if (event === 'member.removed') for (const id of user_ids) list.remove(id)
    else if (event === 'member.updated' && role)
      list.update(items => items.map(item => (item.user_id === user_id ? { ...item, role } : item)))
  }

  #paged<T>(fetch: (start: string | null) => Page<T>, keyOf: (item: T) => string): Paged<T> {
    return new Paged({ batch: this.#batch, random: this.#random, fetch, keyOf })
  }
}
