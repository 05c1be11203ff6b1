import assert from "node:assert/strict";
import { test } from "node:test";
import type { OciMount, OciSpec } from "../runtime/oci-spec.ts";
import { guestSpec } from "./guest-spec.ts";

const bind = (destination: string, source: string, ...options: string[]): OciMount => ({
  destination,
  type: "bind",
  source,
  options: ["rbind", ...options],
});

const all = ["pid", "network", "ipc", "uts", "mount"] as const;

function specOf(mounts: readonly OciMount[], linux: Partial<OciSpec["linux"]> = {}): OciSpec {
  return {
    ociVersion: "1.0.2",
    process: { terminal: false } as OciSpec["process"],
    root: { path: "/run/pod/rootfs", readonly: true },
    hostname: "web",
    mounts,
    annotations: { "io.kubernetes.cri.sandbox-id": "p" },
    linux: {
      namespaces: all.map((type) => ({ type })),
      sysctl: { "net.core.somaxconn": "77" },
      cgroupsPath: "/a/b",
      resources: {},
      maskedPaths: [],
      readonlyPaths: [],
      ...linux,
    },
  };
}

test("a guest's container: its files lie in the shared folder, and the pod's namespaces are the guest's own", () => {
  const proc: OciMount = { destination: "/proc", type: "proc", source: "proc", options: ["nosuid"] };
  const given = specOf([
    proc,
    bind("/dev/shm", "/run/pod/shm"),
    bind("/data", "/run/v", "rw"),
    bind("/c", "/run/c", "ro"),
  ]);
  const { spec, shared } = guestSpec("c1", given);
  assert.deepEqual(shared, [
    { source: "/run/pod/rootfs", name: "rootfs", isReadOnly: false },
    { source: "/run/v", name: "mount-1", isReadOnly: false },
    { source: "/run/c", name: "mount-2", isReadOnly: true },
  ]);
  assert.deepEqual(spec.root, { path: "/shared/c1/rootfs", readonly: true });
  assert.deepEqual(
    spec.mounts.map(({ source, options }) => `${source} ${options}`),
    ["proc nosuid", "/run/shm rbind", "/shared/c1/mount-1 rbind,rw", "/shared/c1/mount-2 rbind,ro"],
  );
  assert.deepEqual(
    spec.linux.namespaces.map(({ type }) => type),
    ["pid", "mount", "cgroup"],
  );
  assert.deepEqual([spec.hostname, spec.annotations, spec.linux.sysctl], [undefined, undefined, undefined]);
});

const without = (absent: string) => ({ namespaces: all.filter((type) => type !== absent).map((type) => ({ type })) });

const refusals: readonly (readonly [string, OciSpec])[] = [
  ["hostNetwork: a guest has none of the node's namespaces", specOf([], without("network"))],
  ["hostIPC: a guest has none of the node's namespaces", specOf([], without("ipc"))],
  ["hostPID: a guest has none of the node's namespaces", specOf([], without("pid"))],
  ["/data: mounts do not propagate to the node", specOf([bind("/data", "/run/v", "rshared")])],
];

for (const [message, spec] of refusals)
  test(`a guest's container is refused: ${message}`, () => {
    assert.throws(() => guestSpec("c1", spec), { reason: "CreateContainerError", message: `kata: ${message}` });
  });
