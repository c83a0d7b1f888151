import type { Progress } from '../../../../ports/backup.ts'
import type { Driver } from '../driver.ts'
import type { ConversationRow, LogRow } from '../rows/rows.ts'
import { scan } from '../rows/scan.ts'
import { Table, type Row } from '../rows/table.ts'
import { openTables } from '../rows/tables.ts'
import { collectionsOf } from './kinds.ts'
import { PartWriter } from './lines.ts'
import { saveLog } from './save-log.ts'

/** Heads of conversations that were purged while the backup ran. */
export const LATE_HEADS = 'conversations-purged'

/** Copies the store while servers write it, and counts the rows of each part. `kinds.ts` has the order in which that gives a copy that can be completed. */
export async function save(driver: Driver, folder: string, progress: Progress): Promise<Record<string, number>> {
  const tables = openTables(driver)
  const counts: Record<string, number> = {}

  async function part(name: string, fill: (writer: PartWriter) => Promise<void>): Promise<void> {
    await using writer = await PartWriter.open(folder, name)
    await fill(writer)
    counts[name] = writer.count
  }
  const whole = (name: string, seen: (row: Row) => void = () => undefined) =>
    part(name, async writer => {
      for await (const rows of scan<Row>(driver, name)) {
        rows.forEach(seen)
        await writer.write(rows)
        progress(name, writer.count)
      }
    })

  const heads = new Map<string, number>()
  for (const name of collectionsOf('head', 'row'))
    await whole(name, row => {
      if (name === 'conversations') heads.set(row._id, Number(row['last_change']))
    })
  await part('log', async writer => {
    const log = new Table<LogRow>(driver, 'log')
    const { ends, purged } = await saveLog({ log, whole: scan(driver, 'log') }, writer, () =>
      progress('log', writer.count),
    )
    const late = purged.filter(id => (heads.get(id) ?? 0) < (ends.get(id) ?? 0))
    await part(LATE_HEADS, async heads_writer =>
      heads_writer.write((await tables.conversations.findIds(late)).flatMap(beforePurge)),
    )
  })
  for (const name of collectionsOf('beside')) await whole(name)
  return counts
}

/**
 * The head just before the purge, so that a restore carries it out again. Once it is marked as purged the entries before the
 * purge are blank, or will be; as long as it is not, they can be projected.
 */
function beforePurge(head: ConversationRow): ConversationRow[] {
  return head.purged ? [{ ...head, purged: false, last_change: head.last_change - 1 }] : []
}
