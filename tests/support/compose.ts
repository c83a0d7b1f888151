import { join } from 'node:path'
import { z } from 'zod'
import { ROOT } from '../docs/checkout.ts'

const text = z.union([z.string(), z.number(), z.boolean()]).transform(String)

const Service = z.strictObject({
  image: z.string(),
  build: z.string().optional(),
  profiles: z.array(z.string()).default([]),
  user: z.string(),
  entrypoint: z.array(z.string()).default([]),
  command: z.array(z.string()).default([]),
  environment: z.record(z.string(), text).default({}),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  tmpfs: z.array(z.string()).default([]),
  networks: z.array(z.string()).default([]),
  network_mode: z.string().optional(),
  secrets: z.array(z.string()).default([]),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  healthcheck: z
    .object({ test: z.array(z.string()) })
    .loose()
    .optional(),
  restart: z.string(),
  stop_grace_period: z.string().optional(),
  read_only: z.boolean().default(false),
  cap_drop: z.array(z.string()).default([]),
  cap_add: z.array(z.string()).default([]),
  security_opt: z.array(z.string()).default([]),
  mem_limit: z.string().optional(),
  pids_limit: z.number().optional(),
  ulimits: z.object({ nofile: z.object({ soft: z.number(), hard: z.number() }) }).optional(),
  logging: z.object({ driver: z.string() }).optional(),
})
export type Service = z.infer<typeof Service>

const Compose = z.object({
  services: z.record(z.string(), Service),
  networks: z.record(z.string(), z.object({ internal: z.boolean().optional() })),
  volumes: z.record(z.string(), z.null()),
  secrets: z.record(z.string(), z.object({ file: z.string() })),
})

/** The project's compose.yaml as Docker Compose reads it where no variable is set. An unknown key of a service is an error. */
export async function readCompose(): Promise<z.infer<typeof Compose>> {
  const source = await Bun.file(join(ROOT, 'compose.yaml')).text()
  return Compose.parse(interpolated(Bun.YAML.parse(source)))
}

/** With the fallback of each `${NAME:-fallback}`. */
function interpolated(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(interpolated)
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, interpolated(each)]))
  if (typeof value !== 'string') return value
  return value.replaceAll(/\$(?:\$|\{\w+:-([^}]*)\})/g, (found, fallback: string | undefined) =>
    found === '$$' ? '$' : (fallback ?? ''),
  )
}
