import assert from "node:assert/strict";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { openEtcdStore } from "@sallyport/apiserver";
import { builtinResources } from "@sallyport/kube";
import { type Etcd, withEtcd } from "../../packages/apiserver/src/storage/etcd.fixture.ts";
import { type Answer, ApiClient } from "./api-client.ts";
import { current, findKubeApiserver, type Peer, startKubeApiserverOn, startSallyport, token } from "./peers.ts";
import { subjects } from "./scenario.ts";
import { isLimit } from "./written.ts";

// A Sallyport and a kube-apiserver on one etcd at the same time: each answers of what the other wrote as if it were its own.

const files = findKubeApiserver();
const options = {
  skip:
    "missing" in files ? files.missing : "url" in files ? `needs a kube-apiserver ${current.version} to start` : false,
  timeout: 300_000,
} as const;

// biome-ignore lint/suspicious/noExplicitAny: objects of all kinds
type Json = any;

const maps = "/api/v1/namespaces/default/configmaps";

interface Pair {
  readonly ours: Peer;
  readonly theirs: Peer;
  readonly etcd: Etcd;
}

async function withPair(
  run: (pair: Pair) => Promise<void>,
  media = "application/vnd.kubernetes.protobuf",
): Promise<void> {
  const faults: unknown[] = [];
  await withEtcd(async (etcd) => {
    const storageMediaType = media as "application/json";
    const { apiserver } = files as { readonly apiserver: string };
    const theirs = await startKubeApiserverOn(apiserver, etcd.url, { "storage-media-type": media });
    try {
      const store = await openEtcdStore({ servers: [etcd.url], tls: {} });
      const ours = await startSallyport((error) => faults.push(error), { store, storageMediaType });
      await run({ ours, theirs, etcd }).finally(() => ours.close());
    } finally {
      await theirs.close();
    }
  });
  assert.deepEqual(faults, []);
}

async function created({ client }: Peer, path: string, body: Json): Promise<Json> {
  const answer = await client.ask({ method: "POST", path, body });
  assert.equal(answer.code, 201, JSON.stringify(answer.body));
  return answer.body;
}

const read = ({ client }: Pick<Peer, "client">, path: string): Promise<Answer> => client.ask({ method: "GET", path });

/** The events of a watch that ends after `seconds`, as type, name and version. */
async function eventsOf(peer: Pick<Peer, "client">, from: string, seconds: number): Promise<readonly string[]> {
  const path = `${maps}?watch=true&timeoutSeconds=${seconds}&resourceVersion=${from}`;
  const { body } = await read(peer, path);
  return [body]
    .flat()
    .map(({ type, object }: Json) => `${type} ${object.metadata.name} ${object.metadata.resourceVersion}`);
}

/** Every kind that both serve, as it was at one revision. */
async function differencesAt({ ours, theirs }: Pair, revision: string): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const { group, version, resource, verbs } of builtinResources) {
    if (resource.includes("/") || !verbs.includes("list") || resource === "componentstatuses") continue;
    const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
    const path = `${root}/${resource}?resourceVersion=${revision}&resourceVersionMatch=Exact`;
    const [own, other] = await Promise.all([read(ours, path), read(theirs, path)]);
    if (own.code !== other.code) faults.push(`${path}: ${own.code}, kube-apiserver's ${other.code}`);
    else if (!isDeepStrictEqual(own.body, other.body)) faults.push(...unlike(path, own.body, other.body));
  }
  return faults;
}

function unlike(path: string, own: Json, other: Json): readonly string[] {
  if (isDeepStrictEqual(own, other)) return [];
  const areObjects = [own, other].every((each) => typeof each === "object" && each !== null);
  if (!areObjects) return [`${path}: ${JSON.stringify(own)}, kube-apiserver's ${JSON.stringify(other)}`];
  return [...new Set([...Object.keys(own), ...Object.keys(other)])].flatMap((name) =>
    unlike(`${path} ${name}`, own[name], other[name]),
  );
}

for (const media of ["application/vnd.kubernetes.protobuf", "application/json"])
  test(`objects of every kind, written by both as ${media}, are listed the same by both`, options, () =>
    withPair(async (pair) => {
      const { ours, theirs } = pair;
      const kinds = new Set<string>();
      for (const [peer, name] of [
        [ours, "ours"],
        [theirs, "theirs"],
      ] as const) {
        const namespace = `/api/v1/namespaces/${name}`;
        await created(peer, "/api/v1/namespaces", { metadata: { name } });
        await created(peer, `${namespace}/serviceaccounts`, { metadata: { name: "default" } });
        for (const { object, collection } of subjects(name)) {
          if (isLimit(object)) continue;
          const path = collection.replace("/namespaces/d/", `/namespaces/${name}/`);
          const { code } = await peer.client.ask({ method: "POST", path, body: object });
          if (code === 201) kinds.add(object.kind);
        }
      }
      assert.ok(kinds.size > 40, `only ${kinds.size} kinds were created: ${[...kinds].join()}`);
      const last = await created(ours, maps, { metadata: { name: "last" } });
      assert.deepEqual(await differencesAt(pair, last.metadata.resourceVersion), []);
    }, media),
  );

test("what one has answered the other knows at once; races have one winner; watches tell the same", options, () =>
  withPair(async ({ ours, theirs }) => {
    const first = await created(ours, maps, { metadata: { name: "counter" }, data: { count: "0" } });
    const from = first.metadata.resourceVersion;
    const increment = async ({ client }: Peer) => {
      for (;;) {
        const { body } = (await client.ask({ method: "GET", path: `${maps}/counter` })) as { readonly body: Json };
        const count = String(Number(body.data.count) + 1);
        const { code } = await client.ask({
          method: "PUT",
          path: `${maps}/counter`,
          body: { ...body, data: { count } },
        });
        if (code === 200) return;
        assert.equal(code, 409);
      }
    };
    const lane = async (peer: Peer) => {
      for (let i = 0; i < 15; i++) await increment(peer);
    };
    await Promise.all([lane(ours), lane(theirs)]);
    for (const peer of [ours, theirs])
      assert.equal(((await read(peer, `${maps}/counter`)).body as Json).data.count, "30");
    for (let i = 0; i < 20; i++) {
      const [writer, reader] = i % 2 === 0 ? [ours, theirs] : [theirs, ours];
      const { metadata } = await created(writer, maps, { metadata: { name: `m${i}` } });
      const { body } = await read(reader, maps);
      assert.ok(Number((body as Json).metadata.resourceVersion) >= Number(metadata.resourceVersion));
      assert.ok((body as Json).items.some(({ metadata: { name } }: Json) => name === `m${i}`));
    }
    const [own, other] = await Promise.all([eventsOf(ours, from, 2), eventsOf(theirs, from, 2)]);
    assert.equal(own.length, 50);
    assert.deepEqual(own, other);
  }),
);

test("pages that one began the other goes on with", options, () =>
  withPair(async ({ ours, theirs }) => {
    for (let i = 0; i < 9; i++) await created(theirs, maps, { metadata: { name: `m${i}` } });
    for (const [one, other] of [
      [ours, theirs],
      [theirs, ours],
    ] as const) {
      const page = (await read(one, `${maps}?limit=4`)).body as Json;
      await created(one, maps, { metadata: { name: `m5${page.metadata.resourceVersion}` } });
      const rest = (await read(other, `${maps}?limit=500&continue=${encodeURIComponent(page.metadata.continue)}`))
        .body as Json;
      assert.equal(rest.metadata.resourceVersion, page.metadata.resourceVersion);
      assert.equal(page.metadata.remainingItemCount, rest.items.length);
      assert.deepEqual(
        [...page.items, ...rest.items],
        (
          (await read(one, `${maps}?resourceVersion=${page.metadata.resourceVersion}&resourceVersionMatch=Exact`))
            .body as Json
        ).items,
      );
    }
  }),
);

test("etcd away and back: the watches of both go on where they were", options, () =>
  withPair(async ({ ours, theirs, etcd }) => {
    const { metadata } = await created(ours, maps, { metadata: { name: "a" } });
    const patient = [ours, theirs].map(({ url }) => ({ client: new ApiClient(url, token, 60_000) }));
    const watches = Promise.all(patient.map((peer) => eventsOf(peer, metadata.resourceVersion, 30)));
    const untilReady = async (peer: Peer, isWanted: boolean) => {
      const code = () =>
        read(peer, "/readyz").then(
          (answer) => answer.code,
          () => 0,
        );
      for (let tries = 0; ((await code()) === 200) !== isWanted; tries++) {
        assert.ok(tries < 300, `${peer.url} is ${isWanted ? "not " : ""}ready`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    };
    await etcd.kill();
    await untilReady(ours, false);
    const refused = await ours.client.ask({ method: "POST", path: maps, body: { metadata: { name: "b" } } });
    assert.equal(refused.code, 503);
    await etcd.start();
    for (const peer of [ours, theirs]) await untilReady(peer, true);
    await created(theirs, maps, { metadata: { name: "c" } });
    await created(ours, maps, { metadata: { name: "d" } });
    const [own, other] = await watches;
    for (const { client } of patient) client.close();
    assert.deepEqual(own, other);
    assert.deepEqual(
      own?.map((each) => each.split(" ")[1]),
      ["c", "d"],
    );
  }),
);
