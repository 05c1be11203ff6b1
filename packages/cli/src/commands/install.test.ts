import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { Client, kubeconfigConnection } from "@sallyport/cluster";
import { gatekeeperDefinitions } from "@sallyport/constraints";
import { createCa } from "@sallyport/pki";
import { type InstallOptions, installChart, installManifests, type Manifest } from "@sallyport/webhook";
import { parseAllDocuments } from "yaml";
import { openGatehouse } from "../gatehouse.ts";
import { installCommand } from "./install.ts";

const options: InstallOptions = {
  namespace: "gate",
  name: "sallyport",
  image: "registry.example.com/sallyport:1",
  replicas: 3,
  args: ["--enable-admission-plugins=PodSecurityPolicy"],
  resources: ["pods", "pods/ephemeralcontainers", "deployments.apps"],
  reads: ["configmaps", "podsecuritypolicies.policy"],
  asksAuthorizer: true,
  mutates: true,
  failurePolicy: "Fail",
  timeoutSeconds: 5,
  excludedNamespaces: ["kube-system", "gate"],
};

const collections: { readonly [kind: string]: string } = {
  Namespace: "/api/v1/namespaces",
  CustomResourceDefinition: "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
  ServiceAccount: "/api/v1/namespaces/gate/serviceaccounts",
  Service: "/api/v1/namespaces/gate/services",
  Deployment: "/apis/apps/v1/namespaces/gate/deployments",
  PodDisruptionBudget: "/apis/policy/v1/namespaces/gate/poddisruptionbudgets",
  NetworkPolicy: "/apis/networking.k8s.io/v1/namespaces/gate/networkpolicies",
  Role: "/apis/rbac.authorization.k8s.io/v1/namespaces/gate/roles",
  RoleBinding: "/apis/rbac.authorization.k8s.io/v1/namespaces/gate/rolebindings",
  ClusterRole: "/apis/rbac.authorization.k8s.io/v1/clusterroles",
  ClusterRoleBinding: "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
  MutatingWebhookConfiguration: "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
  ValidatingWebhookConfiguration: "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
};

interface Review {
  readonly status: { readonly allowed: boolean };
}

/** An API server with the manifests, which it takes strictly, and what their account may do there. */
async function withInstalled(
  installed: InstallOptions,
  chain: object,
  run: (
    mayDo: (verb: string, group: string, resource: string, name?: string, namespace?: string) => Promise<boolean>,
  ) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-install-"));
  const gatehouse = await openGatehouse({
    folder,
    host: "127.0.0.1",
    port: 0,
    memory: true,
    chain,
    onFault: (error) => assert.fail(String(error)),
  });
  const client = new Client(kubeconfigConnection(gatehouse.kubeconfigFile, { environment: {}, now: Date.now }));
  try {
    for (const body of installManifests(installed))
      await client.ask(`${collections[body.kind]}?fieldValidation=Strict`, { method: "POST", body });
    await run(async (verb, group, resource, name = "", namespace = "") => {
      const user = "system:serviceaccount:gate:sallyport";
      const [plural, subresource = ""] = resource.split("/");
      const resourceAttributes = { verb, group, resource: plural, subresource, name, namespace };
      const spec = { user, groups: [], resourceAttributes };
      const path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
      return ((await client.ask(path, { method: "POST", body: { spec } })) as Review).status.allowed;
    });
  } finally {
    client.close();
    await gatehouse.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

type Right = readonly [boolean, verb: string, group: string, resource: string, name?: string, namespace?: string];

const rights: readonly Right[] = [
  [true, "watch", "", "namespaces"],
  [true, "list", "policy", "podsecuritypolicies"],
  [true, "create", "authorization.k8s.io", "subjectaccessreviews"],
  [true, "update", "admissionregistration.k8s.io", "mutatingwebhookconfigurations", "sallyport"],
  [false, "update", "admissionregistration.k8s.io", "mutatingwebhookconfigurations", "other"],
  [true, "get", "", "secrets", "sallyport-webhook-tls", "gate"],
  [false, "get", "", "secrets", "other", "gate"],
  [false, "list", "", "secrets"],
  [false, "list", "", "pods"],
];

test("an API server takes the manifests, strictly, and their account may do what it must, and no more", () =>
  withInstalled(options, {}, async (mayDo) => {
    for (const [wanted, ...asked] of rights) assert.equal(await mayDo(...asked), wanted, asked.join(" "));
  }));

const gatekeeperRights: readonly Right[] = [
  [true, "watch", "constraints.gatekeeper.sh", "needlabels"],
  [true, "patch", "constraints.gatekeeper.sh", "needlabels/status"],
  [false, "create", "constraints.gatekeeper.sh", "needlabels"],
  [true, "patch", "status.gatekeeper.sh", "constraintpodstatuses"],
  [true, "patch", "apiextensions.k8s.io", "customresourcedefinitions"],
  [false, "delete", "apiextensions.k8s.io", "customresourcedefinitions"],
  [true, "patch", "admissionregistration.k8s.io", "validatingadmissionpolicies"],
  [false, "list", "", "secrets"],
];

test("in Gatekeeper's place: its kinds come along, and the account may serve and tell of constraints", () => {
  const definitions = gatekeeperDefinitions.map(({ status: _, ...definition }) => definition) as unknown as NonNullable<
    InstallOptions["gatekeeper"]
  >["definitions"];
  const installed = { ...options, resources: ["*", "pods/exec"], gatekeeper: { definitions } };
  return withInstalled(installed, { disable: ["Gatekeeper"] }, async (mayDo) => {
    for (const [wanted, ...asked] of gatekeeperRights) assert.equal(await mayDo(...asked), wanted, asked.join(" "));
  });
});

test("in Gatekeeper's place: who labels a namespace is asked even where all else may fail", () => {
  const installed = installManifests({ ...options, failurePolicy: "Ignore", gatekeeper: { definitions: [] } });
  const { webhooks } = installed.find(({ kind }) => kind === "ValidatingWebhookConfiguration") ?? assert.fail();
  assert.deepEqual(
    webhooks.map(({ failurePolicy }: { readonly failurePolicy: string }) => failurePolicy),
    ["Ignore", "Fail"],
  );
});

test("in Gatekeeper's place: resources that are named are asked about in their groups", () => {
  const installed = installManifests({ ...options, gatekeeper: { definitions: [] } });
  const { webhooks } = installed.find(({ kind }) => kind === "MutatingWebhookConfiguration") ?? assert.fail();
  assert.deepEqual(
    webhooks[0].rules.map(({ apiGroups, resources }: { readonly [field: string]: readonly string[] }) => [
      apiGroups,
      resources,
    ]),
    [
      [[""], ["pods", "pods/ephemeralcontainers"]],
      [["apps"], ["deployments"]],
    ],
  );
});

const foreign: InstallOptions = { ...options, tlsSecret: "webhook-tls", caBundle: "AAAA" };

test("a certificate that somebody else keeps: nothing of Secrets and configurations is left to the account", () => {
  const lost = rights.map(
    ([wanted, ...asked]): Right => [wanted && asked[2] !== "secrets" && asked[0] !== "update", ...asked],
  );
  assert.equal(lost.filter(([wanted], i) => wanted !== rights[i]?.[0]).length, 2);
  return withInstalled(foreign, {}, async (mayDo) => {
    for (const [wanted, ...asked] of lost) assert.equal(await mayDo(...asked), wanted, asked.join(" "));
  });
});

test("a certificate that somebody else keeps: its Secret is mounted where the replicas read it, as a whole", () => {
  const installed = installManifests({ ...foreign, gatekeeper: { definitions: [] } });
  const { spec } = installed.find(({ kind }) => kind === "Deployment")?.["spec"].template ?? assert.fail();
  const [{ args, volumeMounts }] = spec.containers;
  assert.deepEqual(spec.volumes, [{ name: "tls", secret: { secretName: "webhook-tls" } }]);
  assert.deepEqual(volumeMounts, [{ name: "tls", mountPath: "/tls", readOnly: true }]);
  assert.ok(args.includes("--tls-secret-folder=/tls"), args.join(" "));
  // Of these it would make one itself.
  assert.doesNotMatch(args.join(" "), /--(secret|service|configuration)=/);
  const bundles = installed.flatMap(({ webhooks = [] }) =>
    webhooks.map(
      ({ clientConfig }: { readonly clientConfig: { readonly caBundle?: string } }) => clientConfig.caBundle,
    ),
  );
  assert.deepEqual(bundles, ["AAAA", "AAAA", "AAAA"]);
});

/** What `install` prints with these arguments, as objects. */
async function printed(...args: readonly string[]): Promise<readonly Manifest[]> {
  const { write } = process.stdout;
  let text = "";
  process.stdout.write = (chunk) => {
    text += String(chunk);
    return true;
  };
  try {
    await installCommand().parseAsync([...args, "--json"], { from: "user" });
  } finally {
    process.stdout.write = write;
  }
  return JSON.parse(text).items;
}

test("--ca-file becomes the caBundle: its certificates, and nothing else that lies in the file", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-install-"));
  const file = join(folder, "ca.pem");
  const { certificate, key } = await createCa("CN=someone", { days: 1, now: Date.now() });
  writeFileSync(file, `${key}\nsubject=someone\n${certificate}`);
  const configurations = await printed("--tls-secret", "webhook-tls", "--ca-file", file);
  const { webhooks } = configurations.find(({ kind }) => kind === "ValidatingWebhookConfiguration") ?? assert.fail();
  const bundle = Buffer.from(webhooks[0].clientConfig.caBundle, "base64").toString();
  assert.equal(bundle.trim(), certificate.trim());
  rmSync(folder, { recursive: true });
});

test("a Secret's certificate and its authority are given together, by names that there can be", async () => {
  for (const [args, fault] of [
    [
      ["--tls-secret", "x"],
      /^--tls-secret x: give who signed the certificate of sallyport\.sallyport\.svc, too: --ca-file/,
    ],
    [["--ca-file", "ca.crt"], /^--ca-file belongs to --tls-secret/],
    [["--tls-secret", "A b", "--ca-file", "ca.crt"], /^--tls-secret A b: a lowercase RFC 1123 subdomain/],
    [["--tls-secret", "x", "--ca-file", "/nowhere/ca.crt"], /^--ca-file \/nowhere\/ca.crt: /],
  ] as const)
    await assert.rejects(installCommand().parseAsync([...args], { from: "user" }), {
      name: "UsageError",
      message: fault,
    });
});

function isManifests(given: InstallOptions): void {
  const chart = installChart(given, "0.1.0");
  const values: { readonly [name: string]: unknown } = parseAllDocuments(chart["values.yaml"] ?? "")[0]?.toJS();
  const text = chart["templates/webhook.yaml"] ?? "";
  const rendered = text
    .replaceAll("{{ .Release.Namespace }}", options.namespace)
    .replaceAll(
      "{{ append (.Values.excludedNamespaces | default list) .Release.Namespace | uniq | toJson }}",
      JSON.stringify([...(values["excludedNamespaces"] as string[]), options.namespace]),
    )
    .replaceAll(/\{\{ \.Values\.(\w+) \| toJson \}\}/g, (_, name: string) => JSON.stringify(values[name]));
  const made = parseAllDocuments(rendered).map((each) => each.toJS());
  assert.deepEqual(
    made,
    JSON.parse(JSON.stringify(installManifests(given).filter(({ kind }) => kind !== "Namespace"))),
  );
  // Nothing of the namespace that it was printed for is left: a release may have another.
  assert.doesNotMatch(chart["values.yaml"] + text, /\bgate\b/);
}

test("the chart, with its own values, is the manifests; also in Gatekeeper's place, and with a certificate of others", () => {
  isManifests(options);
  isManifests({ ...options, gatekeeper: { definitions: [] } });
  isManifests(foreign);
});

test("a chart that cannot be written is the machine's fault, which says where", async () => {
  const file = join(mkdtempSync(join(tmpdir(), "sallyport-chart-")), "file");
  writeFileSync(file, "");
  for (const [folder, code] of [
    [file, "EEXIST"],
    [join(file, "chart"), "ENOTDIR"],
  ] as const)
    await assert.rejects(installCommand().parseAsync(["--helm", folder], { from: "user" }), { code, path: folder });
  rmSync(dirname(file), { recursive: true });
});
