import { renderFiles } from "../files/render-files.ts";
import { openStore } from "../stores/open-store.ts";
import type { StoreContext } from "../stores/store-context.ts";
import { mountParameters } from "./mount-parameters.ts";
import type { MountRequest, MountResponse } from "./wire.ts";

/** What a provider has for all pods: no credentials, which are each pod's own. */
export type MountContext = Omit<StoreContext, "credentials">;

/** Makes the files of a pod's volume. Rejects with `SourceError` and what stores reject with; none shows a value. */
export async function mount(request: MountRequest, context: MountContext): Promise<MountResponse> {
  const { pod, provider, entries, credentials, mode } = mountParameters(request);
  const files = context.files && { ...context.files, namespace: pod.namespace };
  const store = await openStore(provider, { ...context, credentials, files });
  try {
    const { files: made, versions } = await renderFiles("parameters.objects", entries, store, mode);
    return { files: made, objectVersion: [...versions].map(([id, version]) => ({ id, version })) };
  } finally {
    store.close();
  }
}
