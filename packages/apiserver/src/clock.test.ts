import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { withServer } from "./server.fixture.ts";

const maps = "/api/v1/namespaces/default/configmaps";
const table = "application/json;as=Table;v=v1;g=meta.k8s.io";
const day = 24 * 60 * 60 * 1000;

test("a clock that jumps back and forth: revisions go on, times are what it says, tokens live by it", async () => {
  const start = Date.parse("2026-01-02T03:04:05Z");
  let shift = Date.now() - start;
  const now = () => start + shift;
  const effects = { now, ticks: () => performance.now() * 1000, randomBytes: (size: number) => randomBytes(size) };
  await withServer(
    async ({ call }) => {
      const { code, body: token } = await call("/api/v1/namespaces/default/serviceaccounts/default/token", {
        body: {},
      });
      assert.equal(code, 201);
      const asked = () =>
        call("/apis/authentication.k8s.io/v1/tokenreviews", { body: { spec: { token: token.status.token } } });
      assert.equal((await asked()).body.status.authenticated, true);
      let last = 0;
      for (const [i, jump] of [0, -day, 2 * day, -day, -3 * day].entries()) {
        shift += jump;
        const created = await call(maps, { body: { metadata: { name: `m${i}` } } });
        assert.equal(created.code, 201);
        const { resourceVersion, creationTimestamp } = created.body.metadata;
        assert.ok(Number(resourceVersion) > last);
        last = Number(resourceVersion);
        assert.ok(Math.abs(Date.parse(creationTimestamp) - now()) < 60_000);
        const patch = { method: "PATCH", type: "application/merge-patch+json", body: { data: { a: String(i) } } };
        assert.equal((await call(`${maps}/m0`, patch)).code, 200);
        const { body } = await call(maps, { accept: table });
        const ages = body.rows.map(({ cells }: { cells: readonly unknown[] }) => cells.at(-1));
        assert.ok(
          ages.every((age: unknown) => typeof age === "string" && age !== ""),
          ages.join(),
        );
      }
      // A day ahead it has long expired, and back again it is good.
      shift += 4 * day;
      assert.equal((await asked()).body.status.authenticated, undefined);
      shift -= day;
      assert.equal((await asked()).body.status.authenticated, true);
      const watched = await call(`${maps}?watch=true&timeoutSeconds=1&resourceVersion=${last}`);
      assert.equal(watched.code, 200);
    },
    { effects },
  );
});
