import assert from "node:assert/strict";
import { test } from "node:test";
import { withServer } from "../server.fixture.ts";
import { RevisionedStore } from "../storage/revisioned-store.ts";

/** A store whose writes are durable only a while after others have come. */
function slowStore(): RevisionedStore {
  return new RevisionedStore({
    load: () => ({ revision: 0, values: [], events: [] }),
    append: () => new Promise((done) => setTimeout(done, 10)),
    forget: async () => {},
    close: async () => {},
  });
}

test("who writes or deletes while others do is not told of a conflict that is none of theirs", () =>
  withServer(
    async ({ call }) => {
      const group = "/api/v1/namespaces/default/configmaps";
      await call(group, { body: { metadata: { name: "c" } } });
      const patch = { method: "PATCH", type: "application/merge-patch+json" };
      const names = Array.from({ length: 30 }, (_, i) => `k${i}`);
      const patched = await Promise.all(
        names.map((name) => call(`${group}/c`, { ...patch, body: { data: { [name]: "x" } } })),
      );
      assert.deepEqual([...new Set(patched.map(({ code }) => code))], [200]);
      assert.deepEqual(Object.keys((await call(`${group}/c`)).body.data).sort(), [...names].sort());
      const deleted = await Promise.all(names.map(() => call(`${group}/c`, { method: "DELETE" })));
      assert.deepEqual(deleted.map(({ code }) => code).sort(), [200, ...names.slice(1).map(() => 404)]);
    },
    { store: slowStore() },
  ));
