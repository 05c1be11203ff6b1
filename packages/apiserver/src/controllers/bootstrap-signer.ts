import { createHmac } from "node:crypto";
import type { KubeObject } from "@sallyport/kube";
import { isEqual } from "../registry/equality.ts";
import type { CacheEvent } from "../registry/history.ts";
import { expiryOf, isBootstrapToken, textIn, tokenNamespace } from "./bootstrap-token-secrets.ts";
import type { ControllerKind } from "./controller.ts";
import { reconciler } from "./reconciler.ts";

const [namespace, name] = ["kube-public", "cluster-info"];
const prefix = "jws-kubeconfig-";

/** Signs the kubeconfig in kube-public/cluster-info with each bootstrap token that is for that: a new node that has one knows the cluster by it. */
export const bootstrapSigner: ControllerKind = {
  name: "bootstrap-signer-controller",
  alias: "bootstrapsigner",
  account: "bootstrap-signer",
  isOptional: true,
  create: (context) =>
    reconciler(
      {
        name: bootstrapSigner.name,
        follows: [
          {
            group: "",
            resource: "configmaps",
            keys: (event) => (event.namespace === namespace && event.name === name ? ["all"] : []),
          },
          { group: "", resource: "secrets", keys: (event) => (concerns(event) ? ["all"] : []) },
        ],
        sync: async () => {
          const { cache, client, clock } = context;
          const found = cache.get("", "configmaps", namespace, name);
          if (found === undefined) return;
          const secrets = cache.list("", "secrets", tokenNamespace);
          const data = signed(dataOf(found), signers(secrets, clock.now()));
          if (data !== undefined && !isEqual(data, dataOf(found)))
            await client.update(found, (fresh) => ({ ...fresh, data }));
        },
      },
      context,
    ),
};

function concerns({ namespace: place, object, previous }: CacheEvent): boolean {
  return place === tokenNamespace && [object, previous].some((each) => each !== undefined && isBootstrapToken(each));
}

type Data = { readonly [key: string]: string };

function dataOf(map: KubeObject): Data {
  return (map["data"] ?? {}) as Data;
}

/** Secrets by their ids. */
function signers(secrets: readonly KubeObject[], now: number): ReadonlyMap<string, string> {
  const good = secrets.filter((secret) => {
    const id = textIn(secret, "token-id");
    const isNamed = id !== "" && secret.metadata.name === `bootstrap-token-${id}`;
    return isBootstrapToken(secret) && isNamed && textIn(secret, "usage-bootstrap-signing") === "true";
  });
  const alive = good.filter((secret) => expiryOf(secret) > now && textIn(secret, "token-secret") !== "");
  return new Map(alive.map((secret) => [textIn(secret, "token-id"), textIn(secret, "token-secret")]));
}

/** Signatures of those tokens, and of no others; undefined where there is nothing to sign. */
function signed({ kubeconfig, ...data }: Data, tokens: ReadonlyMap<string, string>): Data | undefined {
  if (kubeconfig === undefined) return undefined;
  const others = Object.entries(data).filter(([key]) => !key.startsWith(prefix));
  const signatures = [...tokens].map(([id, secret]) => [prefix + id, signature(kubeconfig, id, secret)] as const);
  return { ...Object.fromEntries([...others, ...signatures]), kubeconfig };
}

/** A JWS whose content is left out. RFC 7515, Appendix F. */
function signature(content: string, kid: string, secret: string): string {
  const [header, payload] = [JSON.stringify({ alg: "HS256", kid }), content].map((text) =>
    Buffer.from(text).toString("base64url"),
  );
  const mac = createHmac("sha256", secret).update(`${header}.${payload}`).digest("base64url");
  return `${header}..${mac}`;
}
