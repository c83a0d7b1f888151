// Generated from contracts/ by `bun run docs`. Do not edit.

/** What tRPC has, by group and verb of the operation's name. */
export interface ProcedureKinds {
  auth: {
    register: 'mutation'
    login: 'mutation'
    exchange: 'mutation'
    'refresh-token': 'mutation'
    logout: 'mutation'
    sessions: 'query'
    'revoke-session': 'mutation'
    password: 'mutation'
    'ws-ticket': 'mutation'
  }
  keys: { create: 'mutation'; list: 'query'; get: 'query'; update: 'mutation'; rotate: 'mutation'; delete: 'mutation' }
  users: {
    me: 'query'
    list: 'query'
    create: 'mutation'
    upsert: 'mutation'
    export: 'query'
    get: 'query'
    update: 'mutation'
    delete: 'mutation'
  }
  conversations: {
    create: 'mutation'
    list: 'query'
    inbox: 'query'
    'inbox-entry': 'query'
    get: 'query'
    update: 'mutation'
    delete: 'mutation'
    read: 'mutation'
    unread: 'mutation'
    membership: 'mutation'
    members: 'query'
    receipts: 'query'
  }
  messages: {
    send: 'mutation'
    list: 'query'
    pins: 'query'
    get: 'query'
    update: 'mutation'
    delete: 'mutation'
    history: 'query'
    react: 'mutation'
    unreact: 'mutation'
    pin: 'mutation'
    unpin: 'mutation'
  }
  contacts: { add: 'mutation'; list: 'query'; remove: 'mutation'; block: 'mutation'; unblock: 'mutation' }
  groups: {
    create: 'mutation'
    list: 'query'
    get: 'query'
    update: 'mutation'
    delete: 'mutation'
    join: 'mutation'
    'add-members': 'mutation'
    'update-member': 'mutation'
    'remove-member': 'mutation'
  }
  invites: { create: 'mutation'; list: 'query'; revoke: 'mutation'; preview: 'query'; join: 'mutation' }
  files: { get: 'query'; link: 'query'; delete: 'mutation' }
  notifications: {
    'register-device': 'mutation'
    devices: 'query'
    'delete-device': 'mutation'
    preferences: 'query'
    'update-preferences': 'mutation'
    'vapid-public-key': 'query'
    send: 'mutation'
    job: 'query'
  }
  search: { messages: 'query' }
  analytics: { messages: 'query'; users: 'query' }
  typing: { start: 'mutation'; stop: 'mutation' }
  presence: { 'set-status': 'mutation'; status: 'query'; list: 'query' }
  webhooks: {
    create: 'mutation'
    list: 'query'
    get: 'query'
    update: 'mutation'
    delete: 'mutation'
    rotate: 'mutation'
    test: 'mutation'
    deliveries: 'query'
    replay: 'mutation'
  }
}
