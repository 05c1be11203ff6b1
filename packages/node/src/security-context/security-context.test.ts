import assert from "node:assert/strict";
import { test } from "node:test";
import { effectiveContext } from "./effective.ts";
import { kernelView } from "./kernel.ts";
import type { Context, PodSpec } from "./pod.ts";

function fieldsOf(container: Context, pod: Partial<PodSpec> = {}) {
  const own = { name: "a", securityContext: container };
  return effectiveContext({ ...pod, containers: [own] }, own, "spec.containers[0]");
}

test("the container's value counts, then the pod's; each says where it stands", () => {
  const fields = fieldsOf(
    { runAsUser: 1 },
    { securityContext: { runAsUser: 2, runAsGroup: 3, fsGroup: 4 }, hostPID: true },
  );
  const shown = fields.filter(({ value }) => value !== undefined).map(({ field, value, path }) => [field, value, path]);
  assert.deepEqual(shown, [
    ["runAsUser", 1, "spec.containers[0].securityContext.runAsUser"],
    ["runAsGroup", 3, "spec.securityContext.runAsGroup"],
    ["fsGroup", 4, "spec.securityContext.fsGroup"],
    ["hostPID", true, "spec.hostPID"],
  ]);
});

test("what nobody sets says what holds then, and where it could be set", () => {
  const seccomp = fieldsOf({}).find(({ field }) => field === "seccompProfile");
  assert.deepEqual(
    [seccomp?.origin, seccomp?.path, seccomp?.otherwise],
    [
      "default",
      "spec.containers[0].securityContext.seccompProfile",
      "Unconfined, unless kubelet runs with --seccomp-default",
    ],
  );
});

const views: readonly (readonly [string, Context, object])[] = [
  ["root by number", { runAsUser: 0 }, { effectiveMask: "00000000a80425fb", boundingMask: "00000000a80425fb" }],
  ["another user", { runAsUser: 5 }, { effectiveMask: "0000000000000000", boundingMask: "00000000a80425fb" }],
  ["the image's user", {}, { effectiveMask: undefined, boundingMask: "00000000a80425fb" }],
  ["who must not be root", { runAsNonRoot: true }, { effectiveMask: "0000000000000000" }],
  ["all dropped", { capabilities: { drop: ["ALL"] } }, { boundingMask: "0000000000000000" }],
  [
    "one added to none",
    { capabilities: { drop: ["all"], add: ["CAP_NET_ADMIN"] } },
    { boundingMask: "0000000000001000" },
  ],
  ["all but one", { capabilities: { add: ["ALL"], drop: ["SYS_ADMIN"] } }, { boundingMask: "000001ffffdfffff" }],
  ["privileged", { privileged: true, runAsUser: 0 }, { effectiveMask: "000001ffffffffff" }],
  ["a name that is none", { capabilities: { add: ["NOPE"] } }, { unknown: ["NOPE"] }],
];

for (const [name, context, wanted] of views)
  test(`capabilities of ${name}`, () => {
    const { capabilities } = kernelView(fieldsOf(context));
    const found = Object.keys(wanted).map((key) => [key, capabilities[key as keyof typeof capabilities]]);
    assert.deepEqual(Object.fromEntries(found), wanted);
  });

test("masks, seccomp and namespaces", () => {
  const usual = kernelView(fieldsOf({ seccompProfile: { type: "RuntimeDefault" }, allowPrivilegeEscalation: false }));
  assert.deepEqual(
    [usual.maskedPaths.length, usual.seccomp, usual.noNewPrivileges, usual.hostNamespaces],
    [12, "the runtime's filter", true, []],
  );
  const wild = kernelView(fieldsOf({ privileged: true }, { hostNetwork: true, hostIPC: true }));
  assert.deepEqual([wild.maskedPaths, wild.seccomp, wild.hostNamespaces], [[], "none: privileged", ["network", "IPC"]]);
});

const noted: readonly (readonly [context: Context, notes: readonly string[]])[] = [
  [{ runAsUser: 0, capabilities: { add: ["KILL"] } }, []],
  [
    { runAsUser: 5, capabilities: { add: ["KILL"] } },
    ["added capabilities reach only programs whose files have them: the user is not root"],
  ],
  [
    { runAsUser: 5, capabilities: { add: ["KILL"] }, allowPrivilegeEscalation: false },
    ["added capabilities do nothing: the user is not root, and no_new_privs keeps programs from gaining any"],
  ],
  [{ runAsUser: 0, runAsNonRoot: true }, ["runAsNonRoot with user 0: kubelet will not start the container"]],
  [
    { runAsNonRoot: true },
    ["runAsNonRoot without a user: kubelet starts the container only if the image names another user, by number"],
  ],
  [{ capabilities: { add: ["NOPE"] } }, ["Linux has no capability NOPE: the runtime will not start the container"]],
];

for (const [context, notes] of noted)
  test(`what comes of ${JSON.stringify(context)}`, () => assert.deepEqual(kernelView(fieldsOf(context)).notes, notes));
