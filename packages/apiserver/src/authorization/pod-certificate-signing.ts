import { forbidden, invalidStatus, type KubeObject } from "@sallyport/kube";
import type { Guard, WriteContext } from "../registry/context.ts";
import { isSame } from "../registry/equality.ts";
import type { Authorizer } from "./authorizer.ts";

/** Who answers a PodCertificateRequest must hold the verb `sign` on its signer, by its name or its whole domain. */
export function podCertificateGuard(authorizer: Authorizer): Guard {
  const check = async (old: KubeObject, context: WriteContext): Promise<void> => {
    const { signerName = "" } = (old["spec"] ?? {}) as { readonly signerName?: string };
    if (await maySign(authorizer, context, signerName)) return;
    const user = JSON.stringify(context.user.username);
    const why = `User ${user} is not permitted to "sign" for signer ${JSON.stringify(signerName)}`;
    throw invalidStatus(context.info, context.name, [forbidden("spec.signerName", why)]);
  };
  return (object, old, context) => {
    const { info, subresource } = context;
    if (info.group !== group || info.resource !== "podcertificaterequests" || subresource !== "status") return;
    if (old === null || isSame(statusAlone(object), statusAlone(old))) return;
    return check(old, context);
  };
}

const group = "certificates.k8s.io";

function statusAlone({ apiVersion, kind, status }: KubeObject): KubeObject {
  return { apiVersion, kind, metadata: {}, status: status ?? {} };
}

async function maySign(authorizer: Authorizer, { user }: WriteContext, signerName: string): Promise<boolean> {
  const place = { group, version: "*", resource: "signers", namespace: "" };
  for (const name of [signerName, `${signerName.split("/")[0]}/*`]) {
    const { decision } = await authorizer.authorize({ user, verb: "sign", ...place, name });
    if (decision === "Allow") return true;
  }
  return false;
}
