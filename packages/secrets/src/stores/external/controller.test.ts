import assert from "node:assert/strict";
import { test } from "node:test";
import { RemoteError } from "../../remote/remote.ts";
import type { SecretStore } from "../secret-store.ts";
import {
  type ExternalSecretController as Controller,
  ExternalSecretController,
  type ExternalSecretObject,
  type ExternalSecretStatus,
} from "./controller.ts";
import type { SecretObject } from "./desired-secret.ts";
import { versionOf } from "./schedule.ts";

const hour = 3_600_000;

/** A cluster in memory, whose time is turned by hand. */
class Bench {
  now = Date.parse("2026-11-27T12:00:00Z");
  readonly secrets = new Map<string, SecretObject>();
  readonly told: string[] = [];
  readonly statuses: ExternalSecretStatus[] = [];
  orphans: SecretObject[] = [];
  value: string | undefined = "canary";
  asked = 0;
  readonly #timers = new Set<{ readonly at: number; readonly call: () => void }>();
  readonly controller: Controller;

  constructor() {
    const store: SecretStore = {
      read: async () => {
        this.asked++;
        if (this.value === undefined) throw new RemoteError("the store is away");
        return { value: Buffer.from(this.value), version: "1" };
      },
      list: async () => [],
      close: () => {},
    };
    const place = ({ metadata: { namespace, name } }: SecretObject) => `${namespace}/${name}`;
    this.controller = new ExternalSecretController({
      storesFor: () => async () => store,
      secrets: {
        get: async (namespace, name) => this.secrets.get(`${namespace}/${name}`),
        create: async (secret) => void this.secrets.set(place(secret), secret),
        update: async (secret) => void this.secrets.set(place(secret), secret),
        remove: async (secret) => void this.secrets.delete(place(secret)),
        templates: () => async () => undefined,
      },
      orphansOf: async () => this.orphans.splice(0),
      writeStatus: async (_, status) => void this.statuses.push(status),
      tell: (_, { type, reason, message }) => this.told.push(`${type} ${reason}: ${message}`),
      onFault: (_, error) => assert.ifError(error),
      now: () => this.now,
      random: () => 0,
      after: (ms, call) => {
        const timer = { at: this.now + ms, call };
        this.#timers.add(timer);
        return () => void this.#timers.delete(timer);
      },
    });
  }

  /** Everything that is due was done. */
  async settled(): Promise<void> {
    for (let i = 0; i < 50; i++) await Promise.resolve();
  }

  async pass(ms: number): Promise<void> {
    const end = this.now + ms;
    for (;;) {
      const next = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#timers.delete(next);
      this.now = Math.max(this.now, next.at);
      next.call();
      await this.settled();
    }
    this.now = end;
  }

  async see(more: Partial<ExternalSecretObject["spec"]> = {}, rest: object = {}, status = {}): Promise<void> {
    const spec = {
      secretStoreRef: { name: "main" },
      data: [{ secretKey: "k", remoteRef: { key: "a" } }],
      ...more,
    };
    this.controller.see({
      metadata: { name: "es", namespace: "shop", uid: "u", generation: 1, ...rest },
      spec,
      status,
    });
    await this.settled();
  }

  get ready(): readonly (string | undefined)[] {
    const ready = this.statuses.at(-1)?.conditions?.[0];
    return [ready?.status, ready?.reason, ready?.lastTransitionTime];
  }
}

test("what is new is made at once, told, and looked at again when it is time", async () => {
  const bench = new Bench();
  await bench.see();
  assert.deepEqual(bench.told, ["Normal Created: secret created"]);
  assert.deepEqual(bench.ready, ["True", "SecretSynced", "2026-11-27T12:00:00Z"]);
  assert.deepEqual(bench.statuses[0]?.binding, { name: "es" });
  await bench.pass(hour - 1);
  assert.equal(bench.asked, 1);
  bench.value = "canary-2";
  await bench.pass(1);
  assert.equal(bench.asked, 2);
  assert.equal(bench.told.at(-1), "Normal Updated: secret updated");
  assert.equal(bench.statuses.at(-1)?.refreshTime, "2026-11-27T13:00:00Z");
  assert.ok(!JSON.stringify([bench.told, bench.statuses]).includes("canary"));
});

test("what was made before, and has its time still, is not asked for again", async () => {
  const bench = new Bench();
  const external = { metadata: { name: "es", namespace: "shop", uid: "u", generation: 1 }, spec: {} };
  const status = { refreshTime: "2026-11-27T11:30:00Z", syncedResourceVersion: versionOf(external) };
  await bench.see({}, {}, status);
  assert.equal(bench.asked, 0);
  await bench.pass(hour / 2);
  assert.equal(bench.asked, 1);
});

test("a change counts at once, and the watch's own echo of a status does not", async () => {
  const bench = new Bench();
  await bench.see();
  await bench.see({}, {}, bench.statuses.at(-1));
  assert.equal(bench.asked, 1);
  await bench.see({}, { generation: 2 });
  assert.equal(bench.asked, 2);
});

test("faults are tried again at times of their own, told once, and forgotten when the specification changes", async () => {
  const bench = new Bench();
  bench.value = undefined;
  await bench.see();
  const fault = "could not get secret data from provider: the store is away";
  assert.deepEqual(bench.told, [`Warning UpdateFailed: ${fault}`]);
  assert.deepEqual(bench.ready.slice(0, 2), ["False", "SecretSyncedError"]);
  assert.deepEqual(bench.controller.counts, { externals: 1, failing: 1 });
  assert.equal(bench.statuses[0]?.refreshTime, undefined);
  await bench.pass(9_999);
  assert.equal(bench.asked, 1);
  await bench.pass(1);
  assert.equal(bench.asked, 2);
  await bench.pass(20_000);
  assert.deepEqual([bench.asked, bench.told.length], [3, 1]);
  bench.value = "canary";
  await bench.see({}, { generation: 2 });
  assert.deepEqual([bench.asked, bench.ready[1]], [4, "SecretSynced"]);
  bench.value = undefined;
  await bench.pass(hour);
  // Ten seconds of the hour were gone before.
  assert.ok(bench.ready[0] === "False" && bench.statuses.at(-1)?.refreshTime === "2026-11-27T12:00:30Z");
  const before = bench.asked;
  bench.controller.retry(({ spec }) => spec.secretStoreRef?.name === "main");
  await bench.settled();
  assert.equal(bench.asked, before + 1);
});

test("a Secret that somebody has changed or deleted is made again, but not more often than once a second", async () => {
  const bench = new Bench();
  await bench.see({ refreshPolicy: "CreatedOnce" });
  bench.secrets.clear();
  bench.controller.touch("shop", "es");
  await bench.settled();
  assert.equal(bench.secrets.size, 0);
  await bench.pass(1_000);
  assert.equal(bench.secrets.size, 1);
  bench.controller.touch("shop", "other");
  await bench.pass(hour * 9);
  assert.equal(bench.asked, 2);
});

test("Secrets of an older name go when the new one is there", async () => {
  const bench = new Bench();
  const old: SecretObject = { apiVersion: "v1", kind: "Secret", metadata: { name: "old", namespace: "shop" } };
  bench.secrets.set("shop/old", old);
  bench.orphans = [old];
  await bench.see();
  assert.deepEqual([...bench.secrets.keys()], ["shop/es"]);
  assert.equal(bench.told[0], "Normal Deleted: secret deleted because it was orphaned");
});

test("an interval that cannot be read is told, and does not run for ever", async () => {
  const bench = new Bench();
  await bench.see({ refreshInterval: "soon" });
  assert.equal(bench.ready[1], "SecretSyncedError");
  assert.match(bench.statuses.at(-1)?.conditions?.[0]?.message ?? "", /: spec.refreshInterval: /);
  await bench.pass(9_000);
  assert.equal(bench.statuses.length, 1);
});

test("what was deleted, or when it was stopped, is not worked on any more", async () => {
  const bench = new Bench();
  await bench.see();
  bench.controller.forget({ metadata: { name: "es", namespace: "shop" } });
  await bench.pass(hour * 2);
  await bench.see();
  bench.controller.stop();
  await bench.pass(hour * 2);
  assert.equal(bench.asked, 2);
});
