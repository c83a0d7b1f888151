import { DAY_MS } from './chat.ts'
import { PASSWORD, type Person } from './people.ts'
import type { Rooms } from './rooms.ts'

export interface Tour {
  url: string
  admin: { username: string; password: string }
  people: readonly Person[]
  newcomer: Person
  rooms: Rooms
  invite: string
  messages: number
  /** When the first and the last message were sent, in milliseconds since 1970. */
  first_at: number
  last_at: number
  /** A word of some message with a letter missing. */
  misspelt: string
}

/** What there is to look at, as commands to paste. */
export function tour({ url, admin, people, newcomer, rooms, invite, messages, ...about }: Tour): string {
  const [first, second] = people
  const words = rooms.direct.map(({ name }) => name).join(', ')
  const get = (path: string, token = 'TOKEN') => `curl -s '${url}${path}' -H "authorization: Bearer $${token}"`
  const signIn = (token: string, username: string, password: string) =>
    `${token}=$(curl -s '${url}/auth/login' -H 'content-type: application/json' \\
    -d '{"username":"${username}","password":"${password}"}' | grep -o '"access_token":"[^"]*' | cut -d'"' -f4)`
  const days = `from=${dayOf(about.first_at)}&to=${dayOf(about.last_at + DAY_MS)}&interval=day`
  return `
${messages.toLocaleString('en')} messages by ${people.length + 1} people. The workspace runs at ${url}

  ${url}/docs   every operation, to try out in the browser

Everybody's password is '${PASSWORD}'. The ADMIN is '${admin.username}' with '${admin.password}'.
Sign in as ${first?.nick}, who owns both groups:

  ${signIn('TOKEN', first?.username ?? '', PASSWORD)}

Then look at:

  the inbox, with unread counts, by activity
    ${get('/users/me/conversations')}
  '${rooms.everybody.name}', public: replies, mentions, reactions, edits, pins, the last message with files
    ${get(`/conversations/${rooms.everybody.id}/messages?limit=5`)}
    ${get(`/conversations/${rooms.everybody.id}/pins`)}
  the public groups, which everybody finds and may join
    ${get('/groups')}
  '${rooms.helpers.name}', private, and the invite by which ${newcomer.nick} has joined
    ${get(`/groups/${rooms.helpers.id}/invites`)}
    ${get(`/invites/${invite}`)}
  contacts, and whom ${first?.nick} has blocked (${people.at(-1)?.nick})
    ${get('/contacts')}
    ${get('/contacts?blocked=true')}
  search, which allows for the typing error
    ${get(`/search/messages?q=${about.misspelt}`)}
  who is online, with statuses
    ${get(
      `/presence?ids=${people
        .slice(0, 4)
        .map(({ id }) => id)
        .join()}`,
    )}
  direct conversations: ${words || 'none'}
  an inbox with more unread messages: sign in as ${people.at(-1)?.username} or ${second?.username}

Statistics are for the ADMIN:

  ${signIn('ROOT', admin.username, admin.password)}
  ${get(`/analytics/messages?${days}`, 'ROOT')}
  ${get(`/analytics/users?${days}`, 'ROOT')}
`
}

/** Midnight of the day, as the API takes times. */
function dayOf(at: number): string {
  return new Date(at - (at % DAY_MS)).toISOString()
}
