import type { Nodes, NodeSetup, OtherNode } from '../../../ports/nodes.ts'
import type { Following } from './following.ts'
import type { Tables } from './rows/tables.ts'

/** The rows whose heartbeats `Following` writes. */
export class MongoNodes implements Nodes {
  readonly #tables: Tables
  readonly #instance_id: string
  readonly #following: Following

  constructor(tables: Tables, instance_id: string, following: Following) {
    this.#tables = tables
    this.#instance_id = instance_id
    this.#following = following
  }

  async announce(setup: NodeSetup): Promise<void> {
    this.#following.setup = setup
    await this.#tables.processes.updateOne({ id: this.#instance_id, set: { setup } })
  }

  async others(): Promise<OtherNode[]> {
    const rows = await this.#tables.processes.find({}, { sort: { _id: 1 } })
    return rows.flatMap(({ _id: id, heartbeat, setup }) =>
      setup && id !== this.#instance_id ? { id, heartbeat, setup } : [],
    )
  }
}
