import assert from "node:assert/strict";
import { test } from "node:test";
import { type Bed, withServer } from "./server.fixture.ts";
import { noEtcd, withEtcd } from "./storage/etcd.fixture.ts";
import { openEtcdStore } from "./storage/etcd-store.ts";

const maps = "/api/v1/namespaces/default/configmaps";
const options = { skip: noEtcd, timeout: 180_000 };

/** Two servers on one etcd, for the time of one test. */
async function withServers(url: string, run: (one: Bed, other: Bed) => Promise<void>): Promise<void> {
  const storeOf = () => openEtcdStore({ servers: [url], tls: {} });
  await withServer(async (one) => withServer(async (other) => run(one, other), { store: await storeOf() }), {
    store: await storeOf(),
  });
}

/** Adds one to a counter, as clients do who lose races: reads, writes with the version, again. */
async function increment({ call }: Bed): Promise<void> {
  for (;;) {
    const { body } = await call(`${maps}/counter`);
    const { code } = await call(`${maps}/counter`, {
      method: "PUT",
      body: { ...body, data: { count: String(Number(body.data.count) + 1) } },
    });
    if (code === 200) return;
    assert.equal(code, 409);
  }
}

test(
  "two servers on one etcd: what one has answered the other knows, races are lost by one, watches tell the same",
  options,
  () =>
    withEtcd(({ url }) =>
      withServers(url, async (one, other) => {
        const created = await one.call(maps, { body: { metadata: { name: "counter" }, data: { count: "0" } } });
        assert.equal(created.code, 201);
        const from = created.body.metadata.resourceVersion;
        const lane = async (bed: Bed) => {
          for (let i = 0; i < 15; i++) await increment(bed);
        };
        await Promise.all([lane(one), lane(other), lane(one), lane(other)]);
        for (const { call } of [one, other]) assert.equal((await call(`${maps}/counter`)).body.data.count, "60");
        for (let i = 0; i < 20; i++) {
          const [writer, reader] = i % 2 === 0 ? [one, other] : [other, one];
          assert.equal((await writer.call(maps, { body: { metadata: { name: `m${i}` } } })).code, 201);
          assert.equal((await reader.call(`${maps}/m${i}`)).code, 200);
        }
        const eventsOf = async ({ call }: Bed) => {
          const { body } = await call(`${maps}?watch=true&timeoutSeconds=2&resourceVersion=${from}`);
          return String(body)
            .trim()
            .split("\n")
            .map((line) => JSON.parse(line) as { type: string; object: { metadata: { resourceVersion: string } } })
            .map(({ type, object }) => `${type} ${object.metadata.resourceVersion}`);
        };
        const [first, second] = await Promise.all([eventsOf(one), eventsOf(other)]);
        assert.equal(first.length, 80);
        assert.deepEqual(second, first);
      }),
    ),
);

test("etcd away and back: writes are refused clearly, reads are of what is known, then all goes on", options, () =>
  withEtcd(({ url, kill, start }) =>
    withServers(url, async ({ call }, other) => {
      const create = (bed: Pick<Bed, "call">, name: string) => bed.call(maps, { body: { metadata: { name } } });
      assert.equal((await create({ call }, "a")).code, 201);
      const version = (await call(maps)).body.metadata.resourceVersion;
      const watching = call(`${maps}?watch=true&timeoutSeconds=25&resourceVersion=${version}`);
      await kill();
      const until = async (isDone: () => Promise<boolean>) => {
        for (let tries = 0; !(await isDone()); tries++) {
          assert.ok(tries < 200);
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      };
      await until(async () => (await call("/readyz")).code === 500);
      const refused = await create({ call }, "b");
      assert.equal(refused.code, 503);
      assert.match(refused.body.message, /^the write was not stored: etcd /);
      assert.equal((await call(`${maps}/a`)).code, 200);
      assert.ok((await call(maps)).body.items.length >= 1);
      await start();
      await until(async () => (await call("/readyz")).code === 200);
      await until(async () => (await create(other, "c")).code === 201);
      assert.equal((await call(`${maps}/c`)).code, 200);
      assert.equal((await create({ call }, "d")).code, 201);
      const told = String((await watching).body);
      for (const name of ["c", "d"]) assert.match(told, new RegExp(`"ADDED".*"name":"${name}"`));
    }),
  ),
);
