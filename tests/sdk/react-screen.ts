import { StrictMode, createElement as h, useEffect, useState, type ReactNode } from 'react'
import { createRoot, hydrateRoot } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import type { Store } from '../../src/sdk/store/index.ts'
import * as hooks from '../../src/sdk/react/index.ts'

export { version } from 'react'

export interface ScreenOptions {
  store: Store
  room: string
  other: string
}

/** What the hooks gave at the last commit. */
export function valuesOf({ room, other }: Pick<ScreenOptions, 'room' | 'other'>) {
  return {
    parley: hooks.useParley(),
    connection: hooks.useConnection(),
    inbox: hooks.useInbox(),
    archived: hooks.useInbox({ archived: true }),
    conversation: hooks.useConversation(room),
    messages: hooks.useMessages(room),
    typing: hooks.useTyping(room),
    presence: hooks.usePresence(other),
    user: hooks.useUser(other),
    members: hooks.useMembers(room),
    receipts: hooks.useReceipts(room),
    contacts: hooks.useContacts(),
    blocked: hooks.useBlocked(),
    preferences: hooks.usePreferences(),
    draft: hooks.useDraft(room),
    upload: hooks.useUpload(),
    search: hooks.useSearch({ q: 'brass' }),
    unread: hooks.useUnread(),
  }
}
export type Values = ReturnType<typeof valuesOf>

/** Shows the texts of the messages, twice, so that tearing would be seen. */
function Screen({ seen, ...options }: ScreenOptions & { seen: (values: Values) => void }): ReactNode {
  const values = valuesOf(options)
  useEffect(() => seen(values))
  return h('main', null, h(Texts, options), h(Texts, options))
}

function Texts({ room }: ScreenOptions): ReactNode {
  const { items } = hooks.useMessages(room)
  return h('p', null, items.map(({ message }) => message.content).join(' '))
}

function app(options: ScreenOptions, seen: (values: Values) => void = () => undefined): ReactNode {
  return h(StrictMode, null, h(hooks.ParleyProvider, { store: options.store }, h(Screen, { ...options, seen })))
}

export function mount(element: Element, options: ScreenOptions) {
  const root = createRoot(element)
  let latest: Values | null = null
  let commits = 0
  root.render(
    app(options, values => {
      latest = values
      commits += 1
    }),
  )
  return {
    values(): Values {
      if (!latest) throw new Error('nothing was rendered')
      return latest
    },
    isRendered: () => latest !== null,
    commits: () => commits,
    unmount: () => root.unmount(),
  }
}

export function renderOnServer(options: ScreenOptions): string {
  return renderToString(app(options))
}

export function hydrate(element: Element, options: ScreenOptions, complain: (error: unknown) => void): () => void {
  const root = hydrateRoot(element, app(options), { onRecoverableError: complain })
  return () => root.unmount()
}

/** What a hook says outside of a provider. */
export function withoutProvider(): string {
  const Alone = () => {
    const [text] = useState(() => 'alone')
    hooks.useInbox()
    return text
  }
  try {
    return renderToString(h(Alone))
  } catch (error) {
    return String(error)
  }
}
