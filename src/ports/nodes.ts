/** The processes that have a store open. Of a store that only one process can open there are no others. */
export interface Nodes {
  /** Shows the others the setup of this process, from now on until it closes the store. */
  announce(setup: NodeSetup): Promise<void>
  /** The others that have announced themselves. One that died stays for up to 20 s: its heartbeat does not change. */
  others(): Promise<OtherNode[]>
}

export interface OtherNode {
  id: string
  /** Changes at least every few seconds while the process lives. */
  heartbeat: number
  setup: NodeSetup
}

/** What nodes of one store must agree on. */
export interface NodeSetup {
  /** A digest of the signing secret. */
  secret: string
  /** Whether it tells other nodes what it commits, and counts limits together with them. */
  bus: boolean
  /** Whether its search index serves several nodes. */
  shared_search: boolean
  files: 'folder' | 'bucket'
  /** Where the process runs; processes of one `host` see each other by `pid`. null: unknown. */
  host: string | null
  pid: number
}
