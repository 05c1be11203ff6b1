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

test("PodSecurityPolicies with values of wrong types are refused, and no fault of the server", async () => {
  const plugins = createChain({ enable: ["PodSecurityPolicy"] }) as readonly Plugin[];
  const { spec } = restricted;
  const wrong: readonly (readonly [spec: unknown, field: RegExp])[] = [
    ["x", /: spec: Invalid value: "string": spec in body must be of type object/],
    [[], /: spec: Invalid value: "array"/],
    [{ ...spec, volumes: "x" }, /: spec.volumes: Invalid value: "string"/],
    [{ ...spec, requiredDropCapabilities: [1] }, /requiredDropCapabilities\[0\]: Invalid value: "integer"/],
    [
      { ...spec, runAsUser: { rule: "MustRunAs", ranges: [null] } },
      /spec.runAsUser.ranges\[0\]: Invalid value: "null"/,
    ],
    [{ ...spec, fsGroup: { rule: "MustRunAs", ranges: "1-2" } }, /spec.fsGroup.ranges: Invalid value: "string"/],
    [{ ...spec, hostPorts: [{ min: "1" }] }, /spec.hostPorts\[0\].min: Invalid value: "string"/],
    [{ ...spec, allowedHostPaths: ["/"] }, /spec.allowedHostPaths\[0\]: Invalid value: "string"/],
    [{ ...spec, runtimeClass: 1 }, /spec.runtimeClass: Invalid value: "integer"/],
  ];
  await withServer(
    async ({ call }) => {
      for (const [given, field] of wrong) {
        const { code, body } = await call(policies, { method: "POST", body: { ...restricted, spec: given } });
        assert.equal(code, 422, body.message);
        assert.match(body.message, field);
      }
    },
    { plugins },
  );
});

test("without the plugin nothing serves them", async () => {
  await withServer(async ({ call }) => assert.equal((await call(policies)).code, 404));
});
