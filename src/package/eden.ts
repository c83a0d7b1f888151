/**
 * `parley-client/eden`: the type of the REST API for `treaty<App>` of Eden. Types only: it needs the project's own `elysia` and
 * `@elysiajs/eden`, and nothing of the server.
 */
import type { DefinitionBase, Elysia, MetadataBase, SingletonBase } from 'elysia'
import type { Routes } from '../sdk/generated/routes.ts'

export type App = Elysia<'', SingletonBase, DefinitionBase, MetadataBase, Routes>
