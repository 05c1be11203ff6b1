import assert from "node:assert/strict";
import { test } from "node:test";
import type { PodSpec } from "../security-context/pod.ts";
import { fitOf } from "./fit.ts";

const container = (fields: object) => ({ containers: [{ name: "c", ...fields }] });
const adding = (...add: string[]) => container({ securityContext: { capabilities: { add } } });
const path = (at: string, type?: string) => ({
  volumes: [{ name: "v", hostPath: { path: at, ...(type === undefined ? {} : { type }) } }],
});

/** A spec, the handler that it is advised, and what is told: `what: effect in gVisor/effect in Kata`. */
const cases: readonly (readonly [spec: PodSpec, handler: string, ...uses: readonly string[]])[] = [
  [container({}), "runsc"],
  [{ hostNetwork: true }, "runc", "hostNetwork: fails/fails"],
  [{ hostPID: true, hostIPC: true }, "runc", "hostPID: fails/fails", "hostIPC: fails/fails"],
  [{ hostUsers: false }, "runsc", "hostUsers: false: differs/differs"],
  [{ shareProcessNamespace: true }, "runsc", "shareProcessNamespace: differs/"],
  [
    { securityContext: { sysctls: [{ name: "net.ipv4.tcp_syncookies", value: "1" }] } },
    "runsc",
    "sysctl net.ipv4.tcp_syncookies: differs/",
  ],
  [container({ securityContext: { privileged: true } }), "kata", "privileged: fails/differs"],
  [adding("NET_RAW"), "kata", "capability NET_RAW: fails/"],
  [adding("cap_net_admin", "KILL"), "runsc", "capability NET_ADMIN: differs/"],
  [adding("BPF"), "kata", "capability BPF: fails/differs"],
  [adding("constructor"), "runsc"],
  [path("/var/run/docker.sock"), "runc", "hostPath /var/run/docker.sock: fails/fails"],
  [path("/srv/x", "Socket"), "runc", "hostPath /srv/x: fails/fails"],
  [path("/dev/kvm"), "runc", "hostPath /dev/kvm: fails/fails"],
  [path("/sys/fs/cgroup"), "runsc", "hostPath /sys/fs/cgroup: differs/differs"],
  [path("/data"), "runsc", "hostPath /data: differs/"],
  [container({ volumeDevices: [{ name: "v", devicePath: "/dev/x" }] }), "kata", "block device /dev/x: fails/"],
  [
    container({ volumeMounts: [{ mountPropagation: "Bidirectional" }] }),
    "runc",
    "mountPropagation Bidirectional: fails/fails",
  ],
  [
    container({ resources: { limits: { "nvidia.com/gpu": 1, cpu: 1 } } }),
    "kata",
    "device nvidia.com/gpu: fails/differs",
  ],
  [container({ resources: { limits: { "hugepages-2Mi": "4Mi" } } }), "kata", "hugepages-2Mi: fails/differs"],
  [
    { securityContext: { seccompProfile: { type: "RuntimeDefault" } }, ...container({}) },
    "runsc",
    "seccomp RuntimeDefault: differs/",
  ],
];

for (const [spec, handler, ...told] of cases)
  test(`fits ${JSON.stringify(spec)}`, () => {
    const fit = fitOf(spec);
    const uses = fit.uses.map(({ what, runsc, kata }) => `${what}: ${runsc?.kind ?? ""}/${kata?.kind ?? ""}`);
    assert.deepEqual([fit.handler, ...uses], [handler, ...told]);
  });

test("a use tells where it stands", () => {
  const paths = (spec: PodSpec) => fitOf(spec).uses.map((use) => use.path);
  assert.deepEqual(paths(adding("KILL", "NET_RAW")), ["spec.containers[0].securityContext.capabilities.add[1]"]);
  assert.deepEqual(paths({ initContainers: [{ name: "i", securityContext: { privileged: true } }] }), [
    "spec.initContainers[0].securityContext.privileged",
  ]);
  assert.deepEqual(paths(path("/data")), ["spec.volumes[0].hostPath"]);
});
