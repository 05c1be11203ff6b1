import assert from "node:assert/strict";
import { test } from "node:test";
import { type KubeObject, StatusError } from "@sallyport/kube";
import { namespace, pod, requestFor, serviceAccount, snapshotOf, testEffects } from "./admission.fixture.ts";
import { admit } from "./admit.ts";
import type { Decision } from "./decision.ts";
import type { Plugin } from "./plugin.ts";
import { createChain, deprecationWarnings, pluginEntries } from "./plugins/all.ts";

const world = [namespace("default"), serviceAccount("default")];

function decide(
  object: KubeObject,
  objects: readonly KubeObject[] = world,
  enable: readonly string[] = [],
): Promise<Decision> {
  return admit(requestFor(object), snapshotOf(objects), testEffects, {
    plugins: createChain({ enable }) as readonly Plugin[],
  });
}

const refusals: {
  readonly [what: string]: readonly [object: KubeObject, objects: readonly KubeObject[], code: number, message: string];
} = {
  "a namespace that is not there": [pod(), [], 404, 'namespaces "default" not found'],
  "a namespace that is going": [
    pod(),
    [namespace("default", {}, { phase: "Terminating" })],
    403,
    'pods "p" is forbidden: unable to create new content in namespace default because it is being terminated',
  ],
  "a service account that is not there": [
    pod(),
    [namespace("default")],
    403,
    'pods "p" is forbidden: error looking up service account default/default: serviceaccount "default" not found',
  ],
  "a priority class that is not there": [
    pod({ priorityClassName: "high" }),
    world,
    403,
    'pods "p" is forbidden: no PriorityClass with name high was found',
  ],
  "a namespace with a bad level": [
    namespace("n", { "pod-security.kubernetes.io/enforce": "strict" }),
    [],
    422,
    'Namespace "n" is invalid: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted',
  ],
};

for (const [what, [object, objects, code, message]] of Object.entries(refusals)) {
  test(`refused: ${what}`, async () => {
    const { allowed, status } = await decide(object, objects);
    assert.deepEqual([allowed, status?.code, status?.message], [false, code, message]);
  });
}

test("namespaces that nobody deletes", async () => {
  for (const name of ["default", "kube-system", "kube-public"]) {
    const { status } = await admit(requestFor(namespace(name), "DELETE"), snapshotOf([]), testEffects, {
      plugins: createChain() as readonly Plugin[],
    });
    assert.equal(status?.message, `namespaces "${name}" is forbidden: this namespace may not be deleted`);
  }
});

test("a pod gets its service account, token, tolerations and priority", async () => {
  const { allowed, object } = await decide(pod());
  const spec = object?.["spec"] as {
    serviceAccountName: string;
    priority: number;
    tolerations: { key: string }[];
    containers: { volumeMounts: { mountPath: string }[] }[];
    volumes: { name: string }[];
  };
  assert.ok(allowed);
  assert.equal(spec.serviceAccountName, "default");
  assert.equal(spec.priority, 0);
  assert.deepEqual(
    spec.tolerations.map(({ key }) => key),
    ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"],
  );
  assert.equal(spec.containers[0]?.volumeMounts[0]?.mountPath, "/var/run/secrets/kubernetes.io/serviceaccount");
  assert.match(spec.volumes[0]?.name ?? "", /^kube-api-access-/);
});

function specOf({ object }: Decision): { readonly [field: string]: unknown } {
  return (object?.["spec"] ?? {}) as { readonly [field: string]: unknown };
}

test("no token where pod or account decline it", async () => {
  const declined = await decide(pod({ automountServiceAccountToken: false }));
  assert.equal(specOf(declined)["volumes"], undefined);
  const account = await decide(pod(), [
    namespace("default"),
    serviceAccount("default", "default", { automountServiceAccountToken: false }),
  ]);
  assert.equal(specOf(account)["volumes"], undefined);
});

test("a claim gets the newest default class", async () => {
  const storageClass = (name: string, creationTimestamp: string): KubeObject => ({
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name, creationTimestamp, annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
  });
  const claim: KubeObject = {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { namespace: "default", name: "c" },
    spec: {},
  };
  const { object } = await decide(claim, [
    ...world,
    storageClass("old", "2020-01-01T00:00:00Z"),
    storageClass("new", "2024-01-01T00:00:00Z"),
  ]);
  assert.deepEqual(object?.["spec"], { storageClassName: "new" });
});

test("a plugin that throws has refused, and nothing behind it runs", async () => {
  let ran = false;
  const broken: Plugin = {
    name: "Broken",
    operations: ["CREATE"],
    mutate: () => {
      throw new Error("boom");
    },
  };
  const after: Plugin = {
    name: "After",
    operations: ["CREATE"],
    validate: () => {
      ran = true;
      return { outcome: "admitted", why: "" };
    },
  };
  const decision = await admit(requestFor(pod()), snapshotOf([]), testEffects, { plugins: [broken, after] });
  assert.deepEqual([decision.allowed, decision.status?.code, ran], [false, 500, false]);
  assert.match(decision.status?.message ?? "", /^Internal error occurred: admission plugin "Broken" failed: boom/);
});

test("validation stands between the phases", async () => {
  const seen: string[] = [];
  const both: Plugin = {
    name: "Both",
    operations: ["CREATE"],
    mutate: ({ request }) => ({
      outcome: "mutated",
      why: "",
      object: { ...(request.object as KubeObject), marked: true },
    }),
    validate: () => {
      seen.push("validate");
      return { outcome: "admitted", why: "" };
    },
  };
  const refused = await admit(requestFor(pod()), snapshotOf([]), testEffects, {
    plugins: [both],
    validate: (object) => {
      seen.push(`between ${String(object?.["marked"])}`);
      throw new StatusError("Invalid", "no good");
    },
  });
  assert.deepEqual(seen, ["between true"]);
  assert.equal(refused.status?.message, "no good");
  assert.deepEqual(
    refused.steps.map(({ plugin, outcome }) => `${plugin} ${outcome}`),
    ["Both mutated", "Validation denied"],
  );
});

const flags: readonly [what: string, options: Parameters<typeof createChain>[0], fault: RegExp][] = [
  ["an unknown name", { enable: ["Nope"] }, /--enable-admission-plugins: unknown plugin "Nope"; known: AlwaysAdmit, /],
  ["an unknown name to disable", { disable: ["Nope"] }, /--disable-admission-plugins: unknown plugin "Nope"/],
  ["one both enabled and disabled", { enable: ["AlwaysDeny"], disable: ["AlwaysDeny"] }, /both enabled and disabled/],
];

for (const [what, options, fault] of flags) {
  test(`flags: ${what}`, () => assert.match(String(createChain(options)), fault));
}

test("the list is kube-apiserver's, with its defaults", () => {
  // Ours, and one that upstream had until 1.24.
  const others = ["RegoPolicies", "PodSecurityPolicy"];
  const upstream = pluginEntries.filter(({ name }) => !others.includes(name));
  assert.equal(upstream.length, 41);
  assert.equal(upstream.filter(({ byDefault }) => byDefault).length, 27);
  for (const { name, create } of pluginEntries) assert.equal(create().name, name);
});

test("plugins that should not be used any more are warned of where they are enabled", () => {
  assert.deepEqual(deprecationWarnings({ enable: ["NamespaceExists", "NodeRestriction", "AlwaysDeny"] }), [
    "admission plugin NamespaceExists is deprecated: NamespaceLifecycle replaces it",
    "admission plugin AlwaysDeny is deprecated since v1.13: leave it out: it was for tests",
  ]);
});

test("AlwaysDeny denies, AlwaysPullImages sets the policy", async () => {
  assert.equal(
    (await decide(pod(), world, ["AlwaysDeny"])).status?.message,
    'pods "p" is forbidden: admission control is denying all modifications',
  );
  const { object } = await decide(pod(), world, ["AlwaysPullImages"]);
  assert.equal(
    (object as unknown as { spec: { containers: { imagePullPolicy: string }[] } }).spec.containers[0]?.imagePullPolicy,
    "Always",
  );
});
