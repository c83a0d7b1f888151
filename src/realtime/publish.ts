/** The one place that publishes: without `false` Bun compresses every message once per subscriber. */
export interface Publisher {
  publish(topic: string, text: string): void
}

export function publisherOf(server: Pick<Bun.Server<unknown>, 'publish'>): Publisher {
  return {
    publish(topic, text) {
      // What it returns says nothing about delivery: a slow reader is closed and resumes.
      server.publish(topic, text, false)
    },
  }
}
