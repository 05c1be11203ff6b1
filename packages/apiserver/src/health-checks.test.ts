import assert from "node:assert/strict";
import { test } from "node:test";
import { healthChecks, liveChecks, readyChecks } from "./health-checks.ts";
import { createMemoryStore } from "./storage/memory-store.ts";

const store = createMemoryStore();
const away = { ...store, health: () => ({ name: "etcd", fault: "no route to it" }) } as typeof store;
const controllers = new Set(["kubernetes-service"]);
const providers = new Map([["kms-providers", undefined]]);
const hook = "poststarthook/bootstrap-controller";

test("what a controller does at the start is told where it runs", () => {
  assert.ok(liveChecks({ store, controllers }).has(hook));
  assert.ok(!liveChecks({ store, controllers: new Set() }).has(hook));
});

test("who seals what is stored counts for health and readiness, not for life; a store that is away for all", () => {
  const names = (checks: ReadonlyMap<string, unknown>) => [...checks.keys()].filter((each) => !each.includes("/"));
  assert.deepEqual(names(liveChecks({ store, controllers })), ["ping", "log", "etcd", "autoregister-completion"]);
  assert.ok(healthChecks({ store, controllers, providers }).has("kms-providers"));
  const ready = readyChecks({ store: away, controllers, providers }, true);
  assert.deepEqual(names(ready), [
    "ping",
    "log",
    "etcd",
    "etcd-readiness",
    "kms-providers",
    "informer-sync",
    "autoregister-completion",
    "shutdown",
  ]);
  assert.deepEqual(
    ["etcd", "etcd-readiness", "shutdown"].map((name) => ready.get(name)),
    ["etcd: no route to it", "etcd: no route to it", "process is shutting down"],
  );
});
