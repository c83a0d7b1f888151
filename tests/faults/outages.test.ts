import { afterAll, describe, test } from 'bun:test'
import { OUTAGES, type Outage } from '../support/outages.ts'
import { shared } from '../support/shared.ts'
import { meiliCell, minioCell, pushCell, redisCell, runCell, type Cell } from './outages/cells.ts'
import { fullStack, openScene, openStage, type Dependency, type Scene } from './outages/stage.ts'

const services = fullStack()

if (typeof services === 'string') test.skip(`dependencies away: ${services}`, () => undefined)
else {
  /** The cells of a dependency wait for each other. */
  const SLOW = 400_000
  const open = shared(async () => {
    const stage = await openStage(services, 'patient')
    return { stage, there: await stage.join() }
  })
  afterAll(() => open().stage[Symbol.asyncDispose]())
  const CELLS: Record<Exclude<Dependency, 'MongoDB'>, (scene: Scene, outage: Outage) => Cell> = {
    Redis: scene => redisCell(open().stage, scene, open().there),
    Meilisearch: scene => meiliCell(scene),
    MinIO: scene => minioCell(open().stage, scene),
    push: (scene, outage) => pushCell(open().stage, scene, outage),
  }
  const PROMISES: Record<keyof typeof CELLS, string> = {
    Redis: 'everything goes on, and nodes agree',
    Meilisearch: 'searches are 503, and the index catches up',
    MinIO: 'uploads and downloads are 503, and no acknowledged upload is lost',
    push: 'sends go on, and the pushes arrive',
  }
  // The dependencies are independent of each other, and one that is away twice at once is not. Calls are counted in Redis before
  // anything else, so that its silence adds to the time of every other outage: it comes first.
  let redis: Promise<unknown> = Promise.resolve()
  for (const name of ['Redis', 'Meilisearch', 'MinIO', 'push'] as const) {
    let turn: Promise<unknown> = Promise.resolve()
    describe(`${name} away`, () => {
      const run = async (outage: Outage) => {
        const { stage } = open()
        using scene = await openScene(stage)
        await runCell(stage.proxies[name], outage, scene, CELLS[name](scene, outage))
      }
      test.concurrent.each(OUTAGES)(
        `%s: ${PROMISES[name]}`,
        outage => {
          const mine = Promise.all([turn, redis]).then(() => run(outage))
          turn = mine.catch(() => undefined)
          if (name === 'Redis') redis = turn
          return mine
        },
        SLOW,
      )
    })
  }
}
