/** The ids of users in the system of who runs Parley; null for those who registered here. */
export const EXTERNAL_IDS = `
  ALTER TABLE users ADD COLUMN external_id TEXT;
  CREATE UNIQUE INDEX users_external ON users (external_id) WHERE external_id IS NOT NULL;
`
