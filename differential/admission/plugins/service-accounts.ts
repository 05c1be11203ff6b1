import { create, dry, object, type PluginCase, patch, pod, space } from "./plugin-case.ts";

type Fields = { readonly [field: string]: unknown };

const strategic = { type: "application/strategic-merge-patch+json" };

const account = (ns: string, name: string, more: Fields = {}) => object("v1", "ServiceAccount", name, more, ns);
const secretVolume = (name: string) => ({ volumes: [{ name: "v", secret: { secretName: name } }] });
const mirror = (more: Fields = {}) => ({
  metadata: { annotations: { "kubernetes.io/config.mirror": "x" } },
  nodeName: "nowhere",
  ...more,
});

export const accountCases: readonly PluginCase[] = [
  {
    name: "ServiceAccount",
    parts: [
      [
        ...space("account"),
        create(account("account", "quiet", { automountServiceAccountToken: false })),
        create(account("account", "puller", { imagePullSecrets: [{ name: "registry" }, { name: "second" }] })),
      ],
      [
        create(pod("account", "none")),
        create(pod("account", "named", { serviceAccountName: "quiet" })),
        create(pod("account", "old-name", { serviceAccount: "quiet" })),
        create(pod("account", "both-names", { serviceAccount: "quiet", serviceAccountName: "puller" })),
        create(pod("account", "unknown", { serviceAccountName: "unknown" })),
        create(pod("account", "loud", { serviceAccountName: "quiet", automountServiceAccountToken: true })),
        create(pod("account", "silent", { automountServiceAccountToken: false })),
        create(pod("account", "puller", { serviceAccountName: "puller" })),
        create(pod("account", "own-secret", { serviceAccountName: "puller", imagePullSecrets: [{ name: "own" }] })),
        create(pod("account", "init", { initContainers: [{ name: "i", image: "x" }] })),
        create(
          pod("account", "mounted", {
            container: { volumeMounts: [{ name: "v", mountPath: "/var/run/secrets/kubernetes.io/serviceaccount" }] },
            volumes: [{ name: "v", emptyDir: {} }],
          }),
        ),
        create(
          pod("account", "own-volume", {
            volumes: [
              { name: "kube-api-access-abcde", projected: { sources: [{ serviceAccountToken: { path: "token" } }] } },
            ],
          }),
        ),
        create(pod("account", "mirror", mirror())),
        create(pod("account", "mirror-account", mirror({ serviceAccountName: "default" }))),
        create(pod("account", "mirror-secret", mirror(secretVolume("s")))),
        create(
          pod(
            "account",
            "mirror-env",
            mirror({ container: { env: [{ name: "A", valueFrom: { secretKeyRef: { name: "s", key: "k" } } }] } }),
          ),
        ),
        create(
          pod(
            "account",
            "mirror-token",
            mirror({ volumes: [{ name: "v", projected: { sources: [{ serviceAccountToken: { path: "token" } }] } }] }),
          ),
        ),
        create(
          pod(
            "account",
            "mirror-trust",
            mirror({
              volumes: [{ name: "v", projected: { sources: [{ clusterTrustBundle: { name: "b", path: "p" } }] } }],
            }),
          ),
        ),
        create(pod("account", "mirror-map", mirror({ volumes: [{ name: "v", configMap: { name: "c" } }] }))),
        create(
          pod(
            "account",
            "mirror-claim",
            mirror({ volumes: [{ name: "v", persistentVolumeClaim: { claimName: "c" } }] }),
          ),
        ),
        patch(pod("account", "none"), { spec: { serviceAccountName: "quiet" } }),
        dry(create(pod("account", "dry"))),
      ],
    ],
  },
  {
    name: "ServiceAccount: mountable secrets",
    parts: [
      [
        ...space("mountable"),
        create(
          account("mountable", "strict", {
            metadata: { annotations: { "kubernetes.io/enforce-mountable-secrets": "true" } },
            secrets: [{ name: "mine" }],
            imagePullSecrets: [{ name: "registry" }],
          }),
        ),
        create(
          account("mountable", "lax", {
            metadata: { annotations: { "kubernetes.io/enforce-mountable-secrets": "no" } },
            secrets: [{ name: "mine" }],
          }),
        ),
      ],
      [
        create(pod("mountable", "mine", { serviceAccountName: "strict", ...secretVolume("mine") })),
        create(pod("mountable", "other", { serviceAccountName: "strict", ...secretVolume("other") })),
        create(pod("mountable", "lax", { serviceAccountName: "lax", ...secretVolume("other") })),
        create(
          pod("mountable", "env", {
            serviceAccountName: "strict",
            container: { env: [{ name: "A", valueFrom: { secretKeyRef: { name: "other", key: "k" } } }] },
          }),
        ),
        create(
          pod("mountable", "env-from", {
            serviceAccountName: "strict",
            container: { envFrom: [{ secretRef: { name: "other" } }] },
          }),
        ),
        create(
          pod("mountable", "init-env", {
            serviceAccountName: "strict",
            initContainers: [
              { name: "i", image: "x", env: [{ name: "A", valueFrom: { secretKeyRef: { name: "other", key: "k" } } }] },
            ],
          }),
        ),
        create(
          pod("mountable", "init-env-from", {
            serviceAccountName: "strict",
            initContainers: [{ name: "i", image: "x", envFrom: [{ secretRef: { name: "other" } }] }],
          }),
        ),
        create(
          pod("mountable", "pull", {
            serviceAccountName: "strict",
            imagePullSecrets: [{ name: "registry" }, { name: "other" }],
          }),
        ),
        create(
          pod("mountable", "projected", {
            serviceAccountName: "strict",
            volumes: [{ name: "v", projected: { sources: [{ secret: { name: "other" } }] } }],
          }),
        ),
        create(
          pod("mountable", "csi", {
            serviceAccountName: "strict",
            volumes: [{ name: "v", csi: { driver: "d.example.com", nodePublishSecretRef: { name: "other" } } }],
          }),
        ),
        {
          ...patch(
            pod("mountable", "mine"),
            {
              spec: {
                ephemeralContainers: [
                  {
                    name: "e",
                    image: "x",
                    env: [{ name: "A", valueFrom: { secretKeyRef: { name: "other", key: "k" } } }],
                  },
                ],
              },
            },
            "ephemeralcontainers",
          ),
          ...strategic,
        },
        {
          ...patch(
            pod("mountable", "mine"),
            { spec: { ephemeralContainers: [{ name: "e", image: "x", envFrom: [{ secretRef: { name: "other" } }] }] } },
            "ephemeralcontainers",
          ),
          ...strategic,
        },
        {
          ...patch(
            pod("mountable", "mine"),
            { spec: { ephemeralContainers: [{ name: "e", image: "x", envFrom: [{ secretRef: { name: "mine" } }] }] } },
            "ephemeralcontainers",
          ),
          ...strategic,
        },
      ],
    ],
  },
];
