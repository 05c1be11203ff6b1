export type { StaticToken } from "./http/authenticate.ts";
export type { Cache, CacheEvent } from "./registry/cache.ts";
export type { DeleteOptions, Registry } from "./registry/registry.ts";
export { type ApiServer, type ApiServerOptions, ListenError, startApiServer } from "./server.ts";
export { openLmdbStore } from "./storage/lmdb-store.ts";
export { createMemoryStore } from "./storage/memory-store.ts";
export { CompactedError, type Store, StoreError, type StoreEvent } from "./storage/store.ts";
