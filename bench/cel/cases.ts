import type { Json } from "@sallyport/cel";

const container = (index: number): Json => ({
  name: `c${index}`,
  image: `registry.example.com/team/app-${index}:1.${index}`,
  securityContext: { runAsNonRoot: true, allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
  resources: { limits: { cpu: "500m", memory: "256Mi" } },
  ports: [{ containerPort: 8080 + index, protocol: "TCP" }],
});

/** A pod of eight containers, as an admission request carries it. */
export const pod: Json = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", namespace: "shop", labels: { app: "web", team: "a", "app.kubernetes.io/name": "web" } },
  spec: { hostNetwork: false, replicas: 3, containers: [0, 1, 2, 3, 4, 5, 6, 7].map(container) },
};

/** Expressions as policies have them; each is true of the pod, or answers a text. */
export const expressions: readonly (readonly [name: string, expression: string])[] = [
  ["field", "object.spec.replicas <= 5"],
  ["labels", "has(object.metadata.labels) && ['app', 'team'].all(k, k in object.metadata.labels)"],
  ["all containers", "object.spec.containers.all(c, has(c.securityContext) && c.securityContext.runAsNonRoot == true)"],
  [
    "image prefixes",
    "object.spec.containers.all(c, ['registry.example.com/', 'gcr.io/'].exists(p, c.image.startsWith(p)))",
  ],
  [
    "images by pattern",
    "object.spec.containers.all(c, c.image.matches('^registry\\\\.example\\\\.com/[a-z]+/[a-z0-9-]+:[0-9.]+$'))",
  ],
  [
    "capabilities",
    "object.spec.containers.all(c, c.?securityContext.?capabilities.?drop.orValue([]).exists(d, d == 'ALL'))",
  ],
  ["message", "'bad: ' + object.spec.containers.filter(c, c.ports[0].containerPort > 8083).map(c, c.name).join(', ')"],
  ["quadratic", "object.spec.containers.all(c, object.spec.containers.exists_one(d, d.name == c.name))"],
];
