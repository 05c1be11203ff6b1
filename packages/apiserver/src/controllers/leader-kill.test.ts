import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Cache } from "../registry/cache.ts";
import { withServer } from "../server.fixture.ts";
import { noEtcd, withEtcd } from "../storage/etcd.fixture.ts";
import { openEtcdStore } from "../storage/etcd-store.ts";

const fixture = fileURLToPath(new URL("leader.fixture.ts", import.meta.url));

async function serve(url: string, folder: string): Promise<ChildProcess> {
  mkdirSync(folder);
  const child = spawn(process.execPath, ["--conditions=source", fixture, url, folder], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout?.once("data", () => resolve());
    child.once("exit", () => reject(new Error("the server ended")));
  });
  return child;
}

async function until(isDone: () => boolean, milliseconds: number): Promise<number> {
  const start = performance.now();
  while (!isDone()) {
    assert.ok(performance.now() - start < milliseconds, `waited ${milliseconds} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return performance.now() - start;
}

test("kill -9 of who runs the controllers: another does within a lease", { skip: noEtcd, timeout: 120_000 }, () =>
  withEtcd(async ({ url, folder }) => {
    const store = await openEtcdStore({ servers: [url], tls: {} });
    const cache = await Cache.over(store);
    const holder = () => {
      const lease = cache.get("coordination.k8s.io", "leases", "kube-system", "kube-controller-manager");
      return (lease?.["spec"] as { readonly holderIdentity?: string } | undefined)?.holderIdentity;
    };
    const first = await serve(url, join(folder, "first"));
    const leader = holder();
    const second = await serve(url, join(folder, "second"));
    try {
      assert.equal(holder(), leader, "who leads goes on to lead");
      first.kill("SIGKILL");
      // The lease, and the time between two looks at it.
      await until(() => holder() !== leader, 3_000 + 2 * 500 + 1_000);
      // A third one that runs no controllers writes; those of the second follow.
      await withServer(
        async ({ call }) => {
          await call("/api/v1/namespaces", { body: { metadata: { name: "after" } } });
          await until(() => cache.get("", "serviceaccounts", "after", "default") !== undefined, 5_000);
        },
        { store: await openEtcdStore({ servers: [url], tls: {} }), controllers: [], leaderElection: false },
      );
    } finally {
      second.kill("SIGKILL");
      await store.close();
    }
  }),
);
