export type { AskOpa, OpaAnswer } from "./ask-opa.ts";
export { RemoteSync, type RemoteSyncOptions } from "./remote-sync.ts";
export { type ResourcesRead, resourcesRead, resourcesReadFrom } from "./resources-read.ts";
