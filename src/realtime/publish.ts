/** The one place that publishes: without `false` Bun compresses every message once per subscriber. */
export interface Publisher {
  tell(topic: string, text: string): void
}

export function publisherOf(server: Pick<Bun.Server<unknown>, 'publish'>): Publisher {
  return {
    tell(topic, text) {
      // What it returns says nothing about delivery: a slow reader is closed and resumes.
      // oxlint-disable-next-line no-restricted-properties -- the one place
      server.publish(topic, text, false)
    },
  }
}
