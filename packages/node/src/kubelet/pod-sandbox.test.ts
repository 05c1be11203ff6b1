import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { temporaryFolder } from "../image/image.fixture.ts";
import { makePodSandbox, type SandboxMaker } from "./pod-sandbox.ts";
import { podOf } from "./pod-world.fixture.ts";

const skip = process.getuid?.() !== 0 && "not root: no small disk can be mounted";

test("a full disk is why there is no sandbox yet, and nothing is left", { skip }, async (t) => {
  const folder = temporaryFolder(t);
  execFileSync("mount", ["-t", "tmpfs", "-o", "nr_inodes=1", "tmpfs", folder]);
  try {
    const maker = { folder, cgroup: "/sallyport-test-absent", runtimeOf: async () => ({}) } as unknown as SandboxMaker;
    await assert.rejects(
      makePodSandbox(() => podOf({}), maker),
      {
        name: "WaitingFault",
        reason: "FailedCreatePodSandBox",
        message: /^Failed to create pod sandbox: ENOSPC: no space left on device, mkdir /,
      },
    );
    assert.deepEqual(readdirSync(folder), []);
  } finally {
    execFileSync("umount", [folder]);
  }
});

test("a pod with users of its own is refused where a handler has none, in kubelet's words", async () => {
  const runtime = { handler: "kata", traits: { refusesUserNamespaces: true } };
  const maker = { runtimeOf: async () => runtime } as unknown as SandboxMaker;
  await assert.rejects(
    makePodSandbox(() => podOf({ hostUsers: false }), maker),
    {
      reason: "FailedCreatePodSandBox",
      message:
        'Failed to create pod sandbox: can\'t set `spec.hostUsers: false`, RuntimeClass handler "kata" does not support user namespaces',
    },
  );
});
