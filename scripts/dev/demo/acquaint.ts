import { png } from '../../../tests/support/images.ts'
import type { Clock } from './clock.ts'
import type { Person } from './people.ts'
import type { Rooms } from './rooms.ts'

const CONTACTS = 4
const WEEK_SECONDS = 7 * 24 * 60 * 60

/** Everybody keeps some contacts, and the last person is blocked by the first. */
export async function keepContacts(people: readonly Person[], step: () => void): Promise<void> {
  for (const [index, { client }] of people.entries()) {
    const others = [...people.slice(index + 1), ...people.slice(0, index)]
    for (const { id } of others.slice(0, CONTACTS)) await client.contacts.add({ user_id: id })
    step()
  }
  const [first, last] = [people[0], people.at(-1)]
  if (first && last && first !== last) await first.client.contacts.block({ contact_id: last.id })
}

/** A newcomer joins the public group, and the private one by an invite. Returns its code. */
export async function welcome(newcomer: Person, { everybody, helpers }: Rooms, clock: Clock): Promise<string> {
  clock.moveTo(clock.now())
  const [owner] = helpers.people
  if (!owner) throw new Error('a group without an owner')
  const { code } = await owner.client.invites.create({
    conversation_id: helpers.id,
    max_uses: 5,
    expires_in: WEEK_SECONDS,
  })
  await newcomer.client.groups.join({ conversation_id: everybody.id })
  await newcomer.client.invites.join({ code })
  await newcomer.client.messages.send({ conversation_id: everybody.id, content: 'Hello everybody, I am new here!' })
  return code
}

/** The newcomer shows a picture and a note to the public group. */
export async function share({ client }: Person, { everybody }: Rooms): Promise<void> {
  const files = [
    new File([new Uint8Array(png(640, 400))], 'drawing.png'),
    new File(['Turn the governor clockwise until it hums.\n'], 'calibration.txt'),
  ]
  const attachments: { file_id: string }[] = []
  for (const file of files) attachments.push({ file_id: (await client.files.upload({ file })).id })
  await client.messages.send({ conversation_id: everybody.id, content: 'How to calibrate it:', attachments })
}

const STATUSES = [
  { presence: 'online', text: 'Here to help', emoji: '🙂' },
  { presence: 'dnd', text: 'In a meeting', emoji: '📅' },
  { presence: 'away', text: 'Lunch', emoji: '🍲' },
] as const

/** Some people set a status, and those stay connected, so that they are online. */
export async function appear(people: readonly Person[]): Promise<void> {
  for (const [index, status] of STATUSES.entries()) {
    const client = people[index]?.client
    await client?.presence.setStatus({ user_id: 'me', ...status })
    await client?.live.open()
  }
}
