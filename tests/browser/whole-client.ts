/** The client with its store, as one module for a page. */
export * from '../../src/sdk/index.ts'
export * from '../../src/sdk/store/index.ts'
