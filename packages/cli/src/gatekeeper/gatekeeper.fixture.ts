import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, type Connection, kubeconfigConnection } from "@sallyport/cluster";
import { type Gatehouse, type GatehouseOptions, openGatehouse } from "../gatehouse.ts";
import { parseManifests } from "../manifests.ts";

/** An API server with Gatekeeper in its chain. */
export interface Bed {
  readonly client: Client;
  readonly connection: Connection;
  readonly gatehouse: Gatehouse;
  /** Creates what a text holds, one after the other; answers `created`, or the message of the first refusal. */
  readonly apply: (text: string) => Promise<string>;
  readonly get: (path: string) => Promise<Fields>;
  readonly remove: (path: string) => Promise<void>;
}

// biome-ignore lint/suspicious/noExplicitAny: answers of a server, whose fields the tests name
export type Fields = { readonly [field: string]: any };

const paths: { readonly [kind: string]: string } = {
  Assign: "assign",
  AssignMetadata: "assignmetadata",
  Config: "namespaces/gatekeeper-system/configs",
  ConfigMap: "configmaps",
  ConstraintTemplate: "constrainttemplates",
  CustomResourceDefinition: "customresourcedefinitions",
  Deployment: "namespaces/default/deployments",
  Connection: "namespaces/gatekeeper-system/connections",
  ExpansionTemplate: "expansiontemplate",
  Namespace: "namespaces",
  Pod: "namespaces/default/pods",
  Provider: "providers",
  SyncSet: "syncsets",
};

export async function withGatekeeper(
  run: (bed: Bed) => Promise<void>,
  chain = {},
  more: Partial<GatehouseOptions> = {},
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-gatekeeper-"));
  const faults: unknown[] = [];
  const onFault = (error: unknown) => faults.push(error);
  const gatehouse = await openGatehouse({ host: "127.0.0.1", port: 0, memory: true, chain, folder, onFault, ...more });
  const connection = kubeconfigConnection(gatehouse.kubeconfigFile, { environment: {}, now: Date.now });
  const client = new Client(connection);
  const create = async (object: Fields) => {
    const { apiVersion, kind, metadata } = object;
    const root = String(apiVersion).includes("/") ? "/apis" : "/api";
    const plain = paths[kind] ?? kind.toLowerCase();
    const place = kind === "ConfigMap" ? `namespaces/${metadata.namespace ?? "default"}/configmaps` : plain;
    await client.ask(`${root}/${apiVersion}/${place}`, { method: "POST", body: object });
  };
  try {
    await run({
      client,
      connection,
      gatehouse,
      apply: async (text) => {
        try {
          for (const { value } of parseManifests("f.yaml", text)) await create(value);
          return "created";
        } catch (error) {
          return (error as Error).message;
        }
      },
      get: async (path) => (await client.ask(path)) as Fields,
      remove: async (path) => void (await client.ask(path, { method: "DELETE" })),
    });
  } finally {
    client.close();
    await gatehouse.close();
    rmSync(folder, { recursive: true, force: true });
  }
  if (faults.length > 0) throw faults[0];
}

/** Asks again until it is so. */
export async function eventually<T>(ask: () => Promise<T>, isSo: (answer: T) => boolean): Promise<T> {
  for (let tries = 0; ; tries++) {
    const answer = await ask().catch((error: unknown) => error as T);
    if (isSo(answer) || tries === 100) return answer;
    await new Promise((done) => setTimeout(done, 30));
  }
}

/** A template in Rego: `violation` with this body, which binds `msg`. */
export function template(kind: string, body: string, more = ""): string {
  return `
---
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: ${kind.toLowerCase()}}
spec:
  crd:
    spec:
      names: {kind: ${kind}}
      validation: {openAPIV3Schema: {type: object, properties: {labels: {type: array, items: {type: string}}}}}
  targets:
  - target: admission.k8s.gatekeeper.sh${more}
    rego: |
      package t
      violation[{"msg": msg}] {
        ${body}
      }
`;
}

/** A constraint; `spec` in YAML's flow style. */
export function constraint(kind: string, name: string, spec: string): string {
  return `
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: ${kind}
metadata: {name: ${name}}
spec: ${spec}
`;
}

export function configMap(name: string, namespace = "default", labels = "{}"): string {
  return `
---
apiVersion: v1
kind: ConfigMap
metadata: {name: ${name}, namespace: ${namespace}, labels: ${labels}}
`;
}
