import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import type { AdmissionEffects, CertificateSubject, ChainEffects } from "@sallyport/admission";
import { type Catalogue, StatusError } from "@sallyport/kube";
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
  const client = () => new Client(registry(), cache, catalogue, loopbackUser);
  return {
    ...effects,
    subjectOf,
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

/** Reads the subject of a PKCS #10 request in PEM, in base64. RFC 2986. */
function subjectOf(request: string): CertificateSubject | string {
  const pem = Buffer.from(request, "base64").toString("latin1");
  if (!/-----BEGIN (NEW )?CERTIFICATE REQUEST-----/.test(pem)) return "PEM block type must be CERTIFICATE REQUEST";
  try {
    const { subjectName } = new x509.Pkcs10CertificateRequest(pem.replaceAll("NEW CERTIFICATE", "CERTIFICATE"));
    return { commonName: subjectName.getField("CN")[0] ?? "", organizations: subjectName.getField("O") };
  } catch (error) {
    return (error as Error).message;
  }
}
