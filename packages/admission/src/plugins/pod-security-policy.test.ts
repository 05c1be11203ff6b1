import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import { namespace, pod, requestFor, snapshotOf, testEffects } from "../admission.fixture.ts";
import { admit } from "../admit.ts";
import { type PolicyCase, policyCases, policyOf } from "../podsecuritypolicy/cases.fixture.ts";
import type { Request, UserInfo } from "../request.ts";
import { podSecurityPolicy } from "./pod-security-policy.ts";

const plugins = [podSecurityPolicy];

function snapshotWith({ policies, usable }: PolicyCase, onAsked: (user: UserInfo) => void = () => {}) {
  const made = policies.map(policyOf);
  const space = namespace("default");
  const base = snapshotOf([space]);
  const list = (group: string, resource: string) => (group === "policy" ? made : base.objects.list(group, resource));
  return snapshotOf([space], {
    objects: { ...base.objects, list },
    authorizer: {
      authorize: ({ user, name, verb, group, namespace: where }) => {
        onAsked(user);
        const isUse = verb === "use" && group === "policy" && where === "default";
        return { allowed: isUse && (usable?.includes(name) ?? true), reason: "" };
      },
    },
  });
}

function podOf({ spec = {}, container = {}, annotations }: PolicyCase): KubeObject {
  const metadata = annotations === undefined ? {} : { annotations };
  return pod({ ...spec, containers: [{ name: "a", image: "x", ...container }] }, metadata);
}

for (const [name, each] of Object.entries(policyCases))
  test(`PodSecurityPolicy: ${name}`, async () => {
    const decision = await admit(requestFor(podOf(each)), snapshotWith(each), testEffects, { plugins });
    const denied = each.denied && `pods "p" is forbidden: PodSecurityPolicy: ${each.denied}`;
    assert.equal(decision.status?.message, denied);
    const { made } = each;
    if (made === undefined || decision.object === null) return;
    const spec = decision.object["spec"] as {
      readonly securityContext?: object;
      readonly containers: readonly { readonly securityContext?: object }[];
    };
    assert.deepEqual(spec.securityContext, made.pod);
    assert.deepEqual(spec.containers[0]?.securityContext, made.container);
    if (made.annotations !== undefined) assert.deepEqual(decision.object.metadata.annotations, made.annotations);
  });

const usual: PolicyCase = { policies: [{ hostNetwork: false }] };

async function update(change: (pod: KubeObject) => KubeObject): Promise<string | undefined> {
  const old = pod({ hostNetwork: true });
  const request: Request = requestFor(change(old), "UPDATE", old);
  return (await admit(request, snapshotWith(usual), testEffects, { plugins })).status?.message;
}

test("PodSecurityPolicy: updates are validated, but not of owners and finalizers alone", async () => {
  const withMetadata = (metadata: object) => (object: KubeObject) => ({
    ...object,
    metadata: { ...object.metadata, ...metadata },
  });
  assert.match(
    (await update(withMetadata({ labels: { a: "b" } }))) ?? "",
    /PodSecurityPolicy: unable to validate pod:/,
  );
  assert.equal(
    await update(withMetadata({ finalizers: ["x/y"], ownerReferences: [], resourceVersion: "7" })),
    undefined,
  );
});

test("PodSecurityPolicy: the service account is asked before the user", async () => {
  const asked: string[] = [];
  const snapshot = snapshotWith({ policies: [{}], usable: [] }, ({ username }) => asked.push(username));
  const account = pod({ serviceAccountName: "app" });
  const decision = await admit(requestFor(account), snapshot, testEffects, { plugins });
  assert.equal(decision.status?.message, 'pods "p" is forbidden: PodSecurityPolicy: unable to admit pod: []');
  assert.deepEqual([...new Set(asked)], ["system:serviceaccount:default:app", "jane"]);
});
