import { stat } from "node:fs/promises";
import { join } from "node:path";
import { renderFiles } from "../files/render-files.ts";
import { SourceError } from "../source-error.ts";
import { openStore } from "../stores/open-store.ts";
import type { StoreContext } from "../stores/store-context.ts";
import { mountParameters } from "./mount-parameters.ts";
import type { MountRequest, MountResponse } from "./wire.ts";

/** What a provider has for all pods: no credentials, which are each pod's own. */
export type MountContext = Omit<StoreContext, "credentials">;

/** Makes the files of a pod's volume. Rejects with `SourceError` and what stores reject with; none shows a value. */
export async function mount(request: MountRequest, context: MountContext): Promise<MountResponse> {
  const { pod, provider, entries, credentials, mode } = mountParameters(request);
  // Pods of one namespace do not read the files of another.
  const fileRoot = context.fileRoot === undefined ? undefined : join(context.fileRoot, pod.namespace);
  if (
    provider.file !== undefined &&
    fileRoot !== undefined &&
    (await stat(fileRoot).catch(() => undefined)) === undefined
  )
    throw new SourceError(`spec.provider.file: there is no folder for namespace ${pod.namespace}`);
  const store = await openStore(provider, { ...context, credentials, fileRoot });
  try {
    const { files, versions } = await renderFiles("parameters.objects", entries, store, mode);
    return { files, objectVersion: [...versions].map(([id, version]) => ({ id, version })) };
  } finally {
    store.close();
  }
}
