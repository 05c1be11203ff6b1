import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { builtinResources, type ResourceInfo } from "@sallyport/kube";
import type { Peer } from "./peers.ts";
import { subjects } from "./scenario.ts";

interface Json {
  readonly [field: string]: unknown;
}

/** Objects as a server answered them, by path. */
export type Written = ReadonlyMap<string, Json>;

const definition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "movers.example.com" },
  spec: {
    group: "example.com",
    names: { plural: "movers", singular: "mover", kind: "Mover" },
    scope: "Namespaced",
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: { spec: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
          },
        },
      },
    ],
  },
};

/** Creates one object of each sample and a custom one, and reads all of them, and what was made with them, by path. */
export async function write({ client }: Peer, name: string): Promise<Written> {
  const paths: string[] = [];
  const namespace = `/api/v1/namespaces/${name}`;
  const create = async (collection: string, item: string, body: unknown) => {
    const { code } = await client.ask({ method: "POST", path: collection, body });
    if (code === 201) paths.push(item);
    return code;
  };
  await create("/api/v1/namespaces", namespace, { metadata: { name } });
  await client.ask({ method: "POST", path: `${namespace}/serviceaccounts`, body: { metadata: { name: "default" } } });
  const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  await create(definitions, `${definitions}/movers.example.com`, definition);
  const custom = `/apis/example.com/v1/namespaces/${name}/movers`;
  const mover = { apiVersion: "example.com/v1", kind: "Mover", metadata: { name }, spec: { b: 1.5, a: ["x", null] } };
  for (let tries = 0; (await create(custom, `${custom}/a`, { ...mover, metadata: { name: "a" } })) === 404; tries++) {
    assert.ok(tries < 100, "the custom resource is not served");
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const kinds = new Set<string>();
  const all = subjects(name)
    .filter(({ info }) => info.verbs.includes("get"))
    .toSorted((a, b) => Number(isLimit(a.object)) - Number(isLimit(b.object)));
  for (const { object, collection, item } of all) {
    const there = (path: string) => path.replace("/namespaces/d/", `/namespaces/${name}/`);
    if ((await create(there(collection), there(item), object)) === 201) kinds.add(object.kind as string);
  }
  // Some samples are there to be refused; nearly all kinds have one that is not.
  assert.ok(kinds.size > 45, `only ${kinds.size} kinds were created: ${[...kinds].join()}`);
  return read({ client }, paths);
}

/** They would refuse what comes after them. */
export function isLimit({ kind }: { readonly kind: string }): boolean {
  return /^(ResourceQuota|LimitRange|.*Webhook.*|.*AdmissionPolicy.*)$/.test(kind);
}

/** Takes those away that would stand in the way of another server's objects, and answers what is left. */
export async function withoutLimits({ client }: Peer, written: Written): Promise<Written> {
  const left = new Map(written);
  for (const [path, body] of written)
    if (isLimit(body as { readonly kind: string })) {
      await client.ask({ method: "DELETE", path });
      left.delete(path);
    }
  return left;
}

/** The same objects as a server answers them. */
export async function read({ client }: Pick<Peer, "client">, paths: Iterable<string>): Promise<Written> {
  const found = new Map<string, Json>();
  for (const path of paths) {
    const { code, body } = await client.ask({ method: "GET", path });
    assert.equal(code, 200, path);
    found.set(path, body as Json);
  }
  return found;
}

/** All lists are answered: nothing that lies there is unreadable. */
export async function listAll({ client }: Peer): Promise<void> {
  for (const info of builtinResources.filter(
    ({ resource, verbs }) => !resource.includes("/") && verbs.includes("list"),
  )) {
    const path = `${rootOf(info)}/${info.resource}`;
    const { code } = await client.ask({ method: "GET", path });
    // Some versions are off by default.
    assert.ok(code === 200 || code === 404, `${path}: ${code}`);
  }
}

function rootOf({ group, version }: ResourceInfo): string {
  return group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
}

/** Every object as it was: all differences at once, by object and field. */
export function assertSame(found: Written, wanted: Written): void {
  const faults = [...wanted].flatMap(([path, body]) => differences(path, asWritten(found.get(path)), asWritten(body)));
  assert.deepEqual(faults, []);
}

/** Each kube-apiserver writes the status of these itself, as soon as it sees them. */
const watched: ReadonlySet<unknown> = new Set(["APIService", "FlowSchema"]);

function asWritten(body: Json | undefined): Json | undefined {
  if (body === undefined || !watched.has(body["kind"])) return body;
  const { status: _status, metadata, ...rest } = body;
  const { resourceVersion: _version, managedFields: _fields, ...named } = metadata as Json;
  return { ...rest, metadata: named };
}

function differences(path: string, found: unknown, wanted: unknown): readonly string[] {
  if (isDeepStrictEqual(found, wanted)) return [];
  const areObjects = [found, wanted].every((each) => typeof each === "object" && each !== null);
  if (!areObjects) return [`${path}: ${JSON.stringify(found)} was ${JSON.stringify(wanted)}`];
  const names = new Set([...Object.keys(found as Json), ...Object.keys(wanted as Json)]);
  return [...names].flatMap((name) => differences(`${path} ${name}`, (found as Json)[name], (wanted as Json)[name]));
}
