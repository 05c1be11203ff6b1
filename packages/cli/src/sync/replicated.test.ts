import assert from "node:assert/strict";
import { test } from "node:test";
import { builtinCatalogue } from "@sallyport/kube";
import { UsageError } from "../errors.ts";
import { rbacText } from "./rbac.ts";
import { parseReplicated, resourceRead, withVersion } from "./replicated.ts";

const named: { readonly [text: string]: string } = {
  "v1/pods": "/v1/pods",
  "apps/v1/deployments": "apps/v1/deployments",
  pods: "/v1/pods",
  "ingresses.networking.k8s.io": "networking.k8s.io/v1/ingresses",
  "gadgets.example.com": "not served",
};

for (const [text, expected] of Object.entries(named)) {
  test(`--replicate ${text}`, () => {
    const found = withVersion(parseReplicated("--replicate", text), builtinCatalogue);
    assert.equal(found === undefined ? "not served" : `${found.group}/${found.version}/${found.resource}`, expected);
  });
}

for (const text of ["a/b/c/d", "/v1/pods", "v1/", "v1/secrets", "secrets"]) {
  test(`--replicate ${text} is refused`, () => {
    assert.throws(() => parseReplicated("--replicate", text), UsageError);
  });
}

const read: { readonly [name: string]: string | undefined } = {
  pods: "",
  events: "",
  deployments: "apps",
  "ingresses.networking.k8s.io": "networking.k8s.io",
  secrets: undefined,
  gadgets: undefined,
};

for (const [name, group] of Object.entries(read)) {
  test(`a policy reads ${name}`, () => assert.equal(resourceRead(name, builtinCatalogue)?.group, group));
}

test("the roles that are needed, and no more", () => {
  const text = rbacText({
    namespaces: ["opa"],
    replicated: [
      { group: "", version: "v1", resource: "pods" },
      { group: "apps", version: "v1", resource: "deployments" },
      { group: "", version: "v1", resource: "namespaces" },
    ],
    serviceAccount: { namespace: "opa", name: "sync" },
  });
  assert.match(
    text,
    /- apiGroups: \[""\]\n {4}resources: \["namespaces","pods"\]\n {4}verbs: \["get","list","watch"\]/,
  );
  assert.match(
    text,
    /kind: Role\nmetadata:\n {2}name: sallyport-sync\n {2}namespace: opa\nrules:\n {2}- apiGroups: \[""\]\n {4}resources: \["configmaps"\]/,
  );
  assert.equal(text.split("---\n").length, 4);
});
