import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Client, kubeconfigConnection } from "@sallyport/cluster";
import { type InstallOptions, installChart, installManifests } from "@sallyport/webhook";
import { parseAllDocuments } from "yaml";
import { openGatehouse } from "../gatehouse.ts";

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

test("an API server takes the manifests, strictly, and their account may do what it must, and no more", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-install-"));
  const gatehouse = await openGatehouse({
    folder,
    host: "127.0.0.1",
    port: 0,
    memory: true,
    chain: {},
    onFault: (error) => assert.fail(String(error)),
  });
  const client = new Client(kubeconfigConnection(gatehouse.kubeconfigFile, { environment: {}, now: Date.now }));
  const mayDo = async (verb: string, group: string, resource: string, name = "", namespace = ""): Promise<boolean> => {
    const user = "system:serviceaccount:gate:sallyport";
    const spec = { user, groups: [], resourceAttributes: { verb, group, resource, name, namespace } };
    const path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
    return ((await client.ask(path, { method: "POST", body: { spec } })) as Review).status.allowed;
  };
  try {
    for (const body of installManifests(options))
      await client.ask(`${collections[body.kind]}?fieldValidation=Strict`, { method: "POST", body });
    const rights: readonly (readonly [boolean, ...Parameters<typeof mayDo>])[] = [
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
    for (const [wanted, ...asked] of rights) assert.equal(await mayDo(...asked), wanted, asked.join(" "));
  } finally {
    client.close();
    await gatehouse.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

test("the chart, with its own values, is the manifests", () => {
  const chart = installChart(options, "0.1.0");
  const values: { readonly [name: string]: unknown } = parseAllDocuments(chart["values.yaml"] ?? "")[0]?.toJS();
  const text = (chart["templates/webhook.yaml"] ?? "")
    .replaceAll("{{ .Release.Namespace }}", options.namespace)
    .replaceAll(/\{\{ \.Values\.(\w+) \| toJson \}\}/g, (_, name: string) => JSON.stringify(values[name]));
  const made = parseAllDocuments(text).map((each) => each.toJS());
  assert.deepEqual(
    made,
    JSON.parse(JSON.stringify(installManifests(options).filter(({ kind }) => kind !== "Namespace"))),
  );
});
