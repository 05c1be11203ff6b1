import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { KubeObject } from "@sallyport/kube";
import { openGatehouse } from "../../packages/cli/src/gatehouse.ts";
import { openWebhook, type RunningWebhook } from "../../packages/cli/src/webhook.ts";
import { installManifests } from "../../packages/webhook/src/install/manifests.ts";
import { ApiClient } from "../apiserver/api-client.ts";
import { type Peer, type PeerFiles, startKubeApiserver, token } from "../apiserver/peers.ts";
import { inventoryResources } from "./library-cases.ts";

/** Plugins beside the default ones, at all doors. */
const morePlugins: readonly string[] = [
  "AlwaysPullImages",
  "ExtendedResourceToleration",
  "LimitPodHardAntiAffinityTopology",
  "OwnerReferencesPermissionEnforcement",
  "PodNodeSelector",
  "PodTolerationRestriction",
];

/** Ours: the real one has no Gatekeeper beside it, which would ask for the templates of constraints. */
export const chain = { enable: morePlugins, disable: ["Gatekeeper"] };

export const administrator = { username: "admin", uid: "admin", groups: ["system:masters", "system:authenticated"] };

/** What `sallyport up` serves, without controllers: a real kube-apiserver has none either. */
export async function openUp(onFault: (error: unknown) => void): Promise<Peer> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-up-"));
  const gatehouse = await openGatehouse({
    folder,
    host: "127.0.0.1",
    port: 0,
    memory: true,
    chain,
    access: { authentication: { tokens: [{ token, user: { ...administrator, groups: ["system:masters"] } }] } },
    controllers: [],
    onFault,
  });
  const { url } = gatehouse.server;
  const client = new ApiClient(url, token);
  const close = async () => {
    client.close();
    await gatehouse.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { client, url, close };
}

/** A real kube-apiserver, which asks `sallyport webhook` once it is put behind it. */
export interface Cluster extends Peer {
  /** From then on all that is written is reviewed. */
  readonly putWebhookBehind: () => Promise<void>;
}

export async function openCluster(files: PeerFiles, onFault: (error: unknown) => void): Promise<Cluster> {
  const peer = await startKubeApiserver(files, { "enable-admission-plugins": morePlugins.join(",") });
  let webhook: RunningWebhook | undefined;
  return {
    ...peer,
    putWebhookBehind: async () => {
      webhook = await startWebhook(peer, onFault);
    },
    close: async () => {
      await webhook?.close();
      await peer.close();
    },
  };
}

/** How often the webhook looks whether the configurations' caBundle is its own. */
const bundleMs = 200;

/** A real kube-apiserver hears of a configuration within this. */
const settleMs = 2000;

const untilMs = 60_000;

/** With policies alone: the plugins are kube-apiserver's. Its certificates are its own, and so it writes the caBundle. */
async function startWebhook({ client, url }: Peer, onFault: (error: unknown) => void): Promise<RunningWebhook> {
  await client.ask(creation("/api/v1/namespaces", { metadata: { name: "sallyport" } }));
  const webhook = await openWebhook({
    connection: { url, insecureSkipTlsVerify: true, token: () => token },
    host: "127.0.0.1",
    port: 0,
    chain: {},
    plugins: [],
    policies: [],
    replicate: inventoryResources,
    tls: {
      secret: { namespace: "sallyport", name: "sallyport-webhook-tls" },
      names: ["localhost"],
      configurations: { mutating: ["sallyport"], validating: ["sallyport"] },
      lives: { everyMs: bundleMs },
    },
    drainMs: 0,
    say: (text) => onFault(new Error(text)),
  });
  const own = new ApiClient(webhook.server.url, "");
  await until(async () => (await own.ask({ method: "GET", path: "/readyz" })).code === 200);
  own.close();
  const collection = (kind: string) => `/apis/admissionregistration.k8s.io/v1/${kind.toLowerCase()}s`;
  for (const each of configurations(webhook.server.url.replace("127.0.0.1", "localhost")))
    await client.ask(creation(collection(each.kind), each));
  await until(async () => {
    const { body } = await client.ask({
      method: "GET",
      path: `${collection("ValidatingWebhookConfiguration")}/sallyport`,
    });
    return JSON.stringify(body).includes('"caBundle":');
  });
  await sleep(settleMs);
  return webhook;
}

/** What `sallyport install --mutate` prints of configurations, for whatever is made or changed, with a URL where a Service would be. */
function configurations(url: string): readonly KubeObject[] {
  const manifests = installManifests({
    namespace: "sallyport",
    name: "sallyport",
    image: "",
    replicas: 1,
    args: [],
    resources: [
      "*",
      "*.apps",
      "*.batch",
      "*.networking.k8s.io",
      "*.autoscaling",
      "*.policy",
      "*.rbac.authorization.k8s.io",
    ],
    reads: [],
    asksAuthorizer: false,
    mutates: true,
    failurePolicy: "Fail",
    timeoutSeconds: 10,
    excludedNamespaces: ["kube-system", "sallyport"],
  });
  const ofWebhooks = manifests.filter(({ kind }) => kind.endsWith("WebhookConfiguration"));
  const text = JSON.stringify(ofWebhooks).replaceAll(
    /"service":\{[^}]*"path":"([^"]*)"[^}]*\}/g,
    (_, path: string) => `"url":"${url}${path}"`,
  );
  return JSON.parse(text) as readonly KubeObject[];
}

function creation(path: string, body: object) {
  return { method: "POST", path, body };
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + untilMs;
  while (!(await isSo().catch(() => false))) {
    if (Date.now() > deadline) throw new Error("the webhook has not become ready");
    await sleep(100);
  }
}
