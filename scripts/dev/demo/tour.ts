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
}

/** What there is to look at, as commands to paste. */
export function tour({ url, admin, people, newcomer, rooms, invite, messages }: Tour): string {
  const [first, second] = people
  const words = rooms.direct.map(({ name }) => name).join(', ')
  const get = (path: string) => `curl -s '${url}${path}' -H "authorization: Bearer $TOKEN"`
  return `
${messages.toLocaleString('en')} messages by ${people.length + 1} people. The workspace runs at ${url}

  ${url}/docs   every operation, to try out in the browser

Everybody's password is '${PASSWORD}'. The ADMIN is '${admin.username}' with '${admin.password}'.
Sign in as ${first?.nick}, who owns both groups:

  TOKEN=$(curl -s '${url}/auth/login' -H 'content-type: application/json' \\
    -d '{"username":"${first?.username}","password":"${PASSWORD}"}' | grep -o '"access_token":"[^"]*' | cut -d'"' -f4)

Then look at:

  the inbox, with unread counts, by activity
    ${get('/users/me/conversations')}
  '${rooms.everybody.name}', public: replies, mentions, reactions, edits, pins
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
  direct conversations: ${words || 'none'}
  an inbox with more unread messages: sign in as ${people.at(-1)?.username} or ${second?.username}
`
}
