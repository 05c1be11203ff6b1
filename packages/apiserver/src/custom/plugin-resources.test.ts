import assert from "node:assert/strict";
import { test } from "node:test";
import { createChain, type Plugin } from "@sallyport/admission";
import { withServer } from "../server.fixture.ts";

const any = { rule: "RunAsAny" };
const policies = "/apis/policy/v1beta1/podsecuritypolicies";
const restricted = {
  apiVersion: "policy/v1beta1",
  kind: "PodSecurityPolicy",
  metadata: { name: "restricted" },
  spec: { runAsUser: any, seLinux: any, fsGroup: any, supplementalGroups: any, volumes: ["*"] },
};
const pod = (hostNetwork: boolean) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "p" },
  spec: { hostNetwork, containers: [{ name: "a", image: "x" }] },
});

test("PodSecurityPolicies are served while their plugin is in the chain, and decide", async () => {
  const plugins = createChain({ enable: ["PodSecurityPolicy"], disable: ["ServiceAccount"] }) as readonly Plugin[];
  await withServer(
    async ({ call }) => {
      const create = (path: string, body: object) => call(path, { method: "POST", body });
      assert.match(
        (await create("/api/v1/namespaces/default/pods", pod(false))).body.message,
        /PodSecurityPolicy: no providers available to validate pod request$/,
      );
      assert.match((await create(policies, { ...restricted, spec: {} })).body.message, /spec.runAsUser.rule: Unsup/);
      const made = await create(policies, restricted);
      assert.deepEqual([made.code, made.body.spec.allowPrivilegeEscalation], [201, true]);
      assert.match(String(made.headers["warning"]), /policy\/v1beta1 PodSecurityPolicy is deprecated in v1.21\+/);
      const { body } = await call("/apis/policy/v1beta1");
      assert.deepEqual(body.resources[0].shortNames, ["psp"]);
      assert.match(
        (await create("/api/v1/namespaces/default/pods", pod(true))).body.message,
        /PodSecurityPolicy: unable to admit pod: \[spec.securityContext.hostNetwork: Invalid value: true/,
      );
      const admitted = await create("/api/v1/namespaces/default/pods", pod(false));
      assert.equal(admitted.body.metadata.annotations["kubernetes.io/psp"], "restricted");
    },
    { plugins },
  );
});

test("without the plugin nothing serves them", async () => {
  await withServer(async ({ call }) => assert.equal((await call(policies)).code, 404));
});
