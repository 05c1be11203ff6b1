import assert from "node:assert/strict";
import { test } from "node:test";
import { followedResources } from "@sallyport/mesh/control";
import { meshManifests, meshName } from "./mesh-manifests.ts";
import { defaultSidecars } from "./sidecar-flags.ts";

const options = { namespace: "sallyport", image: "sallyport:1", trustDomain: "example.org", audience: "istio-ca" };
const objects = meshManifests(options) as readonly {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}[];

function only(kind: string, name: string = meshName): (typeof objects)[number] {
  const [found, ...more] = objects.filter((each) => each.kind === kind && each.metadata.name === name);
  assert.ok(found !== undefined && more.length === 0, `one ${kind} ${name}`);
  return found;
}

test("the Service is the one that injected sidecars call, and its certificate is for that name", () => {
  const { metadata, spec } = only("Service") as unknown as {
    metadata: { name: string; namespace: string };
    spec: { ports: readonly { port: number }[] };
  };
  const host = `${metadata.name}.${metadata.namespace}.svc`;
  const { caAddress, controlAddress } = defaultSidecars();
  assert.deepEqual(
    spec.ports.map(({ port }) => `${host}:${port}`),
    [caAddress, controlAddress],
  );
  const { spec: deployment } = only("Deployment") as unknown as {
    spec: { template: { spec: { containers: readonly { name: string; args: readonly string[] }[] } } };
  };
  const { containers } = deployment.template.spec;
  assert.deepEqual(
    containers.map(({ args }) => args.slice(0, 2).join(" ")),
    ["mesh ca", "mesh control"],
  );
  for (const { args } of containers)
    for (const flag of [`--dns-names=${host}`, "--secret=sallyport/cacerts", "--trust-domain=example.org"])
      assert.ok(args.includes(flag), flag);
});

test("the account may follow what sidecars are told of, and read one Secret", () => {
  type Rules = readonly { apiGroups: string[]; resources: string[]; resourceNames?: string[]; verbs: string[] }[];
  const rules = (only("ClusterRole") as unknown as { rules: Rules }).rules;
  for (const { group, resource } of followedResources)
    assert.ok(
      rules.some(
        (rule) =>
          rule.apiGroups.includes(group) &&
          rule.resources.includes(resource) &&
          ["list", "watch"].every((verb) => rule.verbs.includes(verb)),
      ),
      `${resource}.${group}`,
    );
  assert.ok(!rules.some(({ resources }) => resources.includes("secrets")));
  const own = (only("Role") as unknown as { rules: Rules }).rules.filter(({ verbs }) => verbs.includes("get"));
  assert.deepEqual(own, [
    { apiGroups: [""], resources: ["secrets"], resourceNames: ["cacerts"], verbs: ["get", "patch"] },
  ]);
});

test("Istio's kinds come first, without what an API server says of them", () => {
  assert.deepEqual(
    objects.slice(0, 3).map(({ kind, metadata }) => `${kind} ${metadata.name}`),
    [
      "CustomResourceDefinition peerauthentications.security.istio.io",
      "CustomResourceDefinition authorizationpolicies.security.istio.io",
      "CustomResourceDefinition destinationrules.networking.istio.io",
    ],
  );
  assert.ok(objects.every((each) => !("status" in each)));
});
