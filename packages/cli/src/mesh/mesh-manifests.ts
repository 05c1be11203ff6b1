import { meshDefinitions } from "@sallyport/mesh";
import { followedResources } from "@sallyport/mesh/control";
import {
  accountObjects,
  authorityContainer,
  authorityRules,
  deploymentOf,
  modest,
  type Rule,
  secretRules,
} from "./authority-manifests.ts";

/** What a mesh needs in a cluster beside the webhook that gives pods their sidecars. */
export interface MeshInstallOptions {
  /** Where it runs, and its Secret lies. */
  readonly namespace: string;
  readonly image: string;
  readonly trustDomain: string;
  /** Of the tokens that sidecars show. */
  readonly audience: string;
}

/** Of the Service that sidecars call unless told otherwise: see `--ca-address` and `--control-address`. */
export const meshName = "sallyport-mesh";
const secret = "cacerts";
const ports = { control: 15_010, certificates: 15_012 };

/** What sidecars are told of is followed. */
const controlRules: readonly Rule[] = [...Map.groupBy(followedResources, ({ group }) => group)].map(
  ([group, resources]) => ({
    apiGroups: [group],
    resources: resources.map(({ resource }) => resource),
    verbs: ["list", "watch"],
  }),
);

/** Istio's kinds as we read them, and the authority and the control plane side by side in a Deployment of two replicas. */
export function meshManifests(options: MeshInstallOptions): readonly object[] {
  const { namespace, image } = options;
  const labels = { "app.kubernetes.io/name": meshName };
  return [
    ...meshDefinitions.map(({ status: _, ...definition }) => definition),
    ...accountObjects(meshName, namespace, [...authorityRules, ...controlRules], secretRules(secret)),
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: meshName, namespace, labels },
      spec: {
        selector: labels,
        ports: [
          { name: "tls-ca", port: ports.certificates, targetPort: ports.certificates },
          { name: "tls-control", port: ports.control, targetPort: ports.control },
        ],
      },
    },
    deploymentOf(meshName, namespace, [
      authorityContainer(image, commonFlags(options)),
      controlContainer(image, commonFlags(options)),
    ]),
  ];
}

/** Both have the same authority, and the same name. */
function commonFlags({ namespace, trustDomain, audience }: MeshInstallOptions): readonly string[] {
  return [
    `--secret=${namespace}/${secret}`,
    `--dns-names=${meshName}.${namespace}.svc`,
    `--trust-domain=${trustDomain}`,
    `--audience=${audience}`,
  ];
}

/** It listens once it knows the cluster: before, a sidecar would miss a policy. */
function controlContainer(image: string, flags: readonly string[]): object {
  return {
    name: "control",
    image,
    args: ["mesh", "control", `--listen=:${ports.control}`, ...flags],
    ports: [{ name: "tls-control", containerPort: ports.control }],
    readinessProbe: { tcpSocket: { port: ports.control }, periodSeconds: 10 },
    ...modest,
  };
}
