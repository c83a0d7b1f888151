/** The global roles (specification, Roles). */
export const ROLES = ['ADMIN', 'EDITOR', 'USER'] as const
export type Role = (typeof ROLES)[number]
