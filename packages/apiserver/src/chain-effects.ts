import type { AdmissionEffects, ChainEffects } from "@sallyport/admission";
import { type Catalogue, StatusError } from "@sallyport/kube";
import { parseRequest } from "@sallyport/pki";
import { Client, isReason } from "./controllers/client.ts";
import type { Cache } from "./registry/cache.ts";
import type { Registry } from "./registry/registry.ts";

/** The user that kube-apiserver is to itself. */
const loopbackUser = { username: "system:apiserver", groups: ["system:authenticated", "system:masters"] };

/** What the admission chain may do here, beside what the door lets it do. */
export function chainEffects(
  effects: AdmissionEffects,
  cache: Cache,
  catalogue: Catalogue,
  registry: () => Registry,
): ChainEffects {
  const client = () => new Client(registry(), cache, catalogue, loopbackUser, "kube-apiserver");
  return {
    ...effects,
    subjectOf: parseRequest,
    create: async (object) => {
      try {
        await client().create(object);
      } catch (error) {
        if (!isReason(error, "AlreadyExists")) throw error;
      }
    },
    updateStatus: async (object) => {
      const { resourceVersion } = object.metadata;
      await client().updateStatus(object, (fresh) => {
        if (fresh.metadata.resourceVersion !== resourceVersion)
          throw new StatusError(
            "Conflict",
            `${object.kind} ${JSON.stringify(object.metadata.name)} was changed meanwhile`,
          );
        return object;
      });
    },
  };
}
