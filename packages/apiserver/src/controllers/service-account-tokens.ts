import { findResource, type KubeObject, type ResourceInfo } from "@sallyport/kube";
import { signLegacy } from "../authentication/service-account-issuer.ts";
import type { ControllerContext, ControllerKind } from "./controller.ts";
import { ownKey, partsOf, reconciler } from "./reconciler.ts";

const secretInfo = findResource("", "v1", "secrets") as ResourceInfo;
const tokenType = "kubernetes.io/service-account-token";
const nameAnnotation = "kubernetes.io/service-account.name";
const uidAnnotation = "kubernetes.io/service-account.uid";

/** Fills secrets that ask for a token, and takes away those whose account is gone. */
export const serviceAccountTokens: ControllerKind = {
  name: "serviceaccount-token-controller",
  alias: "serviceaccount-token",
  account: "tokens-controller",
  create: (context) => {
    const secretsOf = (namespace: string, account: string) =>
      context.cache
        .readable("", "secrets", namespace)
        .filter((secret) => isOfType(secret) && secret.metadata.annotations?.[nameAnnotation] === account)
        .map(({ metadata }) => `${namespace}/${metadata.name}`);
    return reconciler(
      {
        name: serviceAccountTokens.name,
        follows: [
          {
            group: "",
            resource: "secrets",
            keys: (event) => (event.object !== undefined && isOfType(event.object) ? ownKey(event) : []),
          },
          { group: "", resource: "serviceaccounts", keys: ({ namespace, name }) => secretsOf(namespace, name) },
        ],
        sync: (key) => reconcile(key, context),
      },
      context,
    );
  },
};

function isOfType(secret: KubeObject): boolean {
  return secret["type"] === tokenType;
}

async function reconcile(key: string, context: ControllerContext): Promise<void> {
  const { cache, registry } = context;
  const [namespace, name] = partsOf(key);
  const secret = cache.get("", "secrets", namespace, name);
  const account = secret?.metadata.annotations?.[nameAnnotation] ?? "";
  if (secret === undefined || !isOfType(secret) || account === "") return;
  const uid = cache.get("", "serviceaccounts", namespace, account)?.metadata.uid;
  const wanted = secret.metadata.annotations?.[uidAnnotation];
  if (uid === undefined || (wanted !== undefined && wanted !== uid))
    await registry.writeDirect(undefined, secret, secretInfo, namespace, name);
  else await fill(secret, { name: account, uid }, context);
}

async function fill(
  secret: KubeObject,
  account: { readonly name: string; readonly uid: string },
  { registry, serviceAccountKeys, ca }: ControllerContext,
): Promise<void> {
  const { namespace = "", name = "", annotations = {} } = secret.metadata;
  const data = (secret["data"] ?? {}) as { readonly [key: string]: string };
  if (data["token"] !== undefined && data["ca.crt"] !== undefined && annotations[uidAnnotation] === account.uid) return;
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const token = data["token"] ?? base64(await signLegacy(serviceAccountKeys, namespace, name, account));
  const filled = {
    ...secret,
    metadata: { ...secret.metadata, annotations: { ...annotations, [uidAnnotation]: account.uid } },
    data: { ...data, "ca.crt": base64(ca.certificate), namespace: base64(namespace), token },
  };
  await registry.writeDirect(filled, secret, secretInfo, namespace, name);
}
