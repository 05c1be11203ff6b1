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

test("PodSecurityPolicies with values of wrong types cannot be decoded, as by Kubernetes 1.24", async () => {
  const plugins = createChain({ enable: ["PodSecurityPolicy"] }) as readonly Plugin[];
  const { spec } = restricted;
  const ofSpec = "Go struct field PodSecurityPolicySpec.spec";
  const wrong: readonly (readonly [spec: unknown, fault: string])[] = [
    ["x", "string into Go struct field PodSecurityPolicy.spec of type v1beta1.PodSecurityPolicySpec"],
    [[], "array into Go struct field PodSecurityPolicy.spec of type v1beta1.PodSecurityPolicySpec"],
    [{ ...spec, volumes: "x" }, `string into ${ofSpec}.volumes of type []v1beta1.FSType`],
    [
      { ...spec, requiredDropCapabilities: [1] },
      `number into ${ofSpec}.requiredDropCapabilities of type v1.Capability`,
    ],
    [
      { ...spec, runAsUser: { rule: 1 } },
      "number into Go struct field RunAsUserStrategyOptions.spec.runAsUser.rule of type v1beta1.RunAsUserStrategy",
    ],
    [
      { ...spec, fsGroup: { rule: "MustRunAs", ranges: "1-2" } },
      "string into Go struct field FSGroupStrategyOptions.spec.fsGroup.ranges of type []v1beta1.IDRange",
    ],
    [
      { ...spec, hostPorts: [{ min: "1" }] },
      "string into Go struct field HostPortRange.spec.hostPorts.min of type int32",
    ],
    [{ ...spec, allowedHostPaths: ["/"] }, `string into ${ofSpec}.allowedHostPaths of type v1beta1.AllowedHostPath`],
    [{ ...spec, runtimeClass: 1 }, `number into ${ofSpec}.runtimeClass of type v1beta1.RuntimeClassStrategyOptions`],
  ];
  const start =
    'PodSecurityPolicy in version "v1beta1" cannot be handled as a PodSecurityPolicy: json: cannot unmarshal ';
  await withServer(
    async ({ call }) => {
      for (const [given, fault] of wrong) {
        const { code, body } = await call(policies, { method: "POST", body: { ...restricted, spec: given } });
        assert.deepEqual([code, body.message], [400, start + fault]);
      }
    },
    { plugins },
  );
});

test("what a PodSecurityPolicy says with null is as if it were not said, as by Kubernetes 1.24", async () => {
  const plugins = createChain({ enable: ["PodSecurityPolicy"] }) as readonly Plugin[];
  const spec = { ...restricted.spec, privileged: null, runAsUser: { rule: "MustRunAs", ranges: [null] } };
  await withServer(
    async ({ call }) => {
      const { code, body } = await call(policies, { method: "POST", body: { ...restricted, spec } });
      assert.equal(code, 201, body.message);
      assert.deepEqual(body.spec, {
        ...restricted.spec,
        runAsUser: { rule: "MustRunAs", ranges: [{ min: 0, max: 0 }] },
        allowPrivilegeEscalation: true,
      });
    },
    { plugins },
  );
});

test("without the plugin nothing serves them", async () => {
  await withServer(async ({ call }) => assert.equal((await call(policies)).code, 404));
});
