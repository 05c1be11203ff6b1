import type { Step } from "../apiserver/scenario.ts";
import type { Tape } from "../tape.ts";

type Fields = { readonly [field: string]: unknown };

/** Some requests of one namespace: what is there is made by `foundationOf`. */
export function requestsIn(tape: Tape, space: string): readonly Step[] {
  const all = makers(tape, space);
  return [all[0] as () => Step, ...tape.list(3, () => tape.pick(all), 1)].map((make, at) => ({
    ...make(),
    headers: {
      "audit-id": `00000000-0000-0000-0000-${space.replace(/\D/g, "").padStart(9, "0")}${String(at).padStart(3, "0")}`,
    },
  }));
}

/** A namespace with a service account, a pod, a deployment and a custom object to ask about. Webhooks come later. */
export function foundationOf(space: string): readonly Step[] {
  const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } };
  const metadata = { name: space, labels: { space, team: "a" } };
  return [
    create("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata }),
    create(`/api/v1/namespaces/${space}/serviceaccounts`, account),
    create(`/api/v1/namespaces/${space}/pods`, pod(space, "there")),
    create(`/api/v1/namespaces/${space}/pods`, pod(space, "gone")),
    create(`/apis/apps/v1/namespaces/${space}/deployments`, deployment(space, "d")),
    create(`/apis/example.com/v1/namespaces/${space}/things`, thing(space, "t", "v1")),
  ];
}

/** Of the custom objects: two versions without conversion, with a status and a scale. */
export const thingDefinition: Fields = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "things.example.com" },
  spec: {
    group: "example.com",
    scope: "Namespaced",
    names: { plural: "things", singular: "thing", kind: "Thing", listKind: "ThingList" },
    versions: ["v1", "v2"].map((name) => ({
      name,
      served: true,
      storage: name === "v1",
      schema: {
        openAPIV3Schema: {
          type: "object",
          properties: {
            spec: {
              type: "object",
              properties: {
                replicas: { type: "integer", default: 1, maximum: 9 },
                containers: { type: "array", items: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
              },
            },
            status: { type: "object", properties: { replicas: { type: "integer" } } },
          },
        },
      },
      subresources: {
        status: {},
        scale: { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" },
      },
    })),
  },
};

function create(path: string, body: object): Step {
  return { method: "POST", path, body };
}

const containers = [{ name: "a", image: "good:1" }];

function pod(space: string, name: string | undefined, labels: Fields = {}) {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...(name === undefined ? { generateName: "gen-" } : { name }), labels: { space, ...labels } },
    spec: { containers, terminationGracePeriodSeconds: 0 },
  };
}

function deployment(space: string, name: string) {
  const labels = { space, app: "d" };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, labels },
    spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
  };
}

function thing(space: string, name: string, version: string) {
  return {
    apiVersion: `example.com/${version}`,
    kind: "Thing",
    metadata: { name, labels: { space } },
    spec: { containers },
  };
}

/** The first is asked in each scenario. */
function makers(tape: Tape, space: string): readonly (() => Step)[] {
  const pods = `/api/v1/namespaces/${space}/pods`;
  const deployments = `/apis/apps/v1/namespaces/${space}/deployments`;
  const things = (version: string) => `/apis/example.com/${version}/namespaces/${space}/things`;
  const merge = (path: string, body: object): Step => ({
    method: "PATCH",
    path,
    type: "application/merge-patch+json",
    body,
  });
  const labels = (labelled: Fields) => ({ metadata: { labels: labelled } });
  const dry = tape.oneIn(4) ? "?dryRun=All" : "";
  return [
    () => create(`${pods}${dry}`, pod(space, "p1", tape.pick<Fields>([{}, { app: "web" }]))),
    () => create(`${pods}?dryRun=All`, pod(space, "p2", { app: "web" })),
    () =>
      create(`${pods}?dryRun=All`, {
        ...pod(space, "p3"),
        metadata: { name: "p3", labels: { space }, annotations: { a: "b" } },
      }),
    () => create(`${pods}?dryRun=All`, pod(space, undefined)),
    () => create(`${pods}?dryRun=All`, { ...pod(space, "p4"), spec: { containers: [] } }),
    () => merge(`${pods}/there${dry}`, labels({ app: tape.pick(["web", "db"]) })),
    () => merge(`${pods}/there?dryRun=All`, labels({ space: null })),
    () => merge(`${pods}/there/status`, { status: { phase: "Running" } }),
    () => ({
      method: "PATCH",
      path: `${pods}/there/ephemeralcontainers`,
      type: "application/strategic-merge-patch+json",
      body: { spec: { ephemeralContainers: [{ name: "debug", image: "debug:1" }] } },
    }),
    () => ({
      method: "PATCH",
      path: `${pods}/applied?fieldManager=m&force=true`,
      type: "application/apply-patch+yaml",
      body: pod(space, "applied"),
    }),
    () => ({ method: "DELETE", path: `${pods}/gone${dry}` }),
    () => ({ method: "DELETE", path: `${pods}?labelSelector=nobody%3Dhas&dryRun=All` }),
    () => ({ method: "DELETE", path: `${pods}?dryRun=All` }),
    () => ({ method: "POST", path: `${pods}/there/exec?command=ls&container=a&stdout=true`, type: "" }),
    () => ({ method: "GET", path: `${pods}/there/proxy/x` }),
    () =>
      create(`${pods}/there/eviction?dryRun=All`, {
        apiVersion: "policy/v1",
        kind: "Eviction",
        metadata: { name: "there" },
      }),
    () =>
      create(`${pods}/there/binding?dryRun=All`, {
        apiVersion: "v1",
        kind: "Binding",
        metadata: { name: "there" },
        target: { kind: "Node", name: "n" },
      }),
    () => create(`${deployments}?dryRun=All`, deployment(space, "e")),
    () => merge(`${deployments}/d?dryRun=All`, { spec: { paused: true } }),
    () => merge(`${deployments}/d/scale?dryRun=All`, { spec: { replicas: 3 } }),
    () => create(`${things("v1")}?dryRun=All`, thing(space, "u", "v1")),
    () => create(`${things("v2")}?dryRun=All`, thing(space, "u", "v2")),
    () => merge(`${things("v2")}/t?dryRun=All`, { spec: { replicas: 2 } }),
    () => merge(`${things("v1")}/t/status`, { status: { replicas: 2 } }),
    () => merge(`${things("v1")}/t/scale?dryRun=All`, { spec: { replicas: 4 } }),
    () => ({ method: "DELETE", path: `${things("v2")}/t?dryRun=All` }),
    () => create(`/apis/autoscaling/v2/namespaces/${space}/horizontalpodautoscalers?dryRun=All`, scaler(space)),
    () => create(`/apis/autoscaling/v1/namespaces/${space}/horizontalpodautoscalers?dryRun=All`, oldScaler(space)),
    () =>
      create("/api/v1/namespaces?dryRun=All", {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: `${space}-new`, labels: { space } },
      }),
    () => merge(`/api/v1/namespaces/${space}?dryRun=All`, labels({ team: tape.pick(["b", "c"]) })),
    () => ({ method: "DELETE", path: `/api/v1/namespaces/${space}?dryRun=All` }),
    () =>
      create("/apis/rbac.authorization.k8s.io/v1/clusterroles?dryRun=All", {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "ClusterRole",
        metadata: { name: `${space}-role`, labels: { space } },
        rules: [],
      }),
    () =>
      create(`/api/v1/namespaces/${space}/serviceaccounts/default/token`, {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenRequest",
        spec: { audiences: ["a"] },
      }),
    () =>
      create("/apis/authentication.k8s.io/v1/selfsubjectreviews", {
        apiVersion: "authentication.k8s.io/v1",
        kind: "SelfSubjectReview",
        metadata: { labels: { space } },
      }),
    () =>
      create(`/apis/authorization.k8s.io/v1/namespaces/${space}/localsubjectaccessreviews`, {
        apiVersion: "authorization.k8s.io/v1",
        kind: "LocalSubjectAccessReview",
        metadata: { namespace: space },
        spec: { user: "u", resourceAttributes: { namespace: space, verb: "get", resource: "pods" } },
      }),
    () => ({ method: "POST", path: `${pods}/there/attach?stdin=true&tty=1`, type: "" }),
    () => ({ method: "GET", path: `${pods}/there/portforward?ports=80` }),
    () => ({ method: "GET", path: `/api/v1/namespaces/${space}/services/none/proxy` }),
    () => ({ method: "PUT", path: `${pods}/missing/proxy/a/b/?x=1`, type: "" }),
    () => ({
      method: "PATCH",
      path: `${deployments}/d/scale?dryRun=All&fieldManager=m&force=true`,
      type: "application/apply-patch+yaml",
      body: { apiVersion: "autoscaling/v1", kind: "Scale", metadata: { name: "d" }, spec: { replicas: 5 } },
    }),
    () => ({
      method: "PATCH",
      path: `${pods}/there?dryRun=All&fieldManager=m&force=true`,
      type: "application/apply-patch+yaml",
      body: pod(space, "there", { applied: "yes" }),
    }),
    () => ({
      method: "DELETE",
      path: `${things("v1")}/t`,
      body: {
        apiVersion: "v1",
        kind: "DeleteOptions",
        dryRun: ["All"],
        propagationPolicy: "Foreground",
        gracePeriodSeconds: 3,
      },
    }),
    () => create(`/api/v1/namespaces/${space}/events?dryRun=All`, event(space)),
  ];
}

function scaler(space: string) {
  return {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name: "h", labels: { space } },
    spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "d" } },
  };
}

function oldScaler(space: string) {
  const { spec, ...rest } = scaler(space);
  return { ...rest, apiVersion: "autoscaling/v1", spec: { ...spec, targetCPUUtilizationPercentage: 50 } };
}

function event(space: string) {
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: "e", namespace: space, labels: { space } },
    involvedObject: { kind: "Pod", namespace: space, name: "there" },
    reason: "R",
    message: "m",
    type: "Normal",
  };
}
