import assert from "node:assert/strict";
import { test } from "node:test";
import { current, findKubeApiserver, type Peer, startKubeApiserver, startSallyport } from "./peers.ts";

// The documents of OpenAPI, v2 and v3, tell the same of the same paths and schemas. Descriptions are in our own words.

const files = findKubeApiserver();
const skip =
  "missing" in files ? files.missing : "url" in files ? `needs a kube-apiserver ${current.version} to start` : false;

// biome-ignore lint/suspicious/noExplicitAny: documents of another's making
type Json = any;

/** Left out on purpose: what Go alone knows of fields, and paths that clients have not had to use since 1.0. */
const known = {
  /** Descriptions are in our own words. */
  fields: new Set(["description"]),
  /** Watches by path instead of by parameter; indexes and what is no resource. */
  paths: /\/watch\/|^\/(?:\.well-known|openid|version|logs|apis?)\/?(?:[\w.-]+\/)*(?:v\d\w*\/)?$|^\/logs\//,
  schemas:
    /\.(?:APIGroup|APIGroupList|APIResource|APIResourceList|APIVersions|GroupVersionForDiscovery|ServerAddressByClientCIDR|version\.Info)$/,
  /** Options of deletions are in each group, of which v2 tells in one schema. */
  gvk: /\.(?:DeleteOptions|WatchEvent)$/,
} as const;

async function documentOf({ client }: Peer, path: string): Promise<Json> {
  const { code, body } = await client.ask({ method: "GET", path });
  assert.equal(code, 200, path);
  return body;
}

/** What clients are made from, of each operation: `METHOD PATH` and its traits. */
function operationsOf(document: Json): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [path, methods] of Object.entries<Json>(document.paths)) {
    if (known.paths.test(path)) continue;
    for (const [method, operation] of Object.entries<Json>(methods)) {
      if (method === "parameters") continue;
      const { operationId, tags, responses, consumes, produces, requestBody } = operation;
      const traits = {
        operationId,
        tags,
        action: operation["x-kubernetes-action"],
        kind: operation["x-kubernetes-group-version-kind"] ?? {},
        responses: Object.entries<Json>(responses).map(([code, { schema, content = {} }]) => [
          code,
          schema,
          Object.keys(content).toSorted(),
        ]),
        consumes: consumes?.toSorted(),
        produces: produces?.toSorted(),
        body:
          requestBody === undefined ? undefined : [requestBody.required, Object.keys(requestBody.content).toSorted()],
      };
      found.set(
        `${method} ${path}`,
        JSON.stringify(traits, (_, value) => sorted(value)),
      );
    }
  }
  return found;
}

function sorted(value: Json): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** A schema without what is known to differ; v3 wraps references to have something beside them. */
function bare(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(bare);
  if (typeof schema !== "object" || schema === null) return schema;
  const fields = Object.entries<Json>(schema).filter(
    ([name, value]) => !(known.fields.has(name) && !isSchema(name, value)),
  );
  const { allOf, ...rest } = Object.fromEntries(fields.map(([name, value]) => [name, bare(value)])) as Json;
  return allOf === undefined ? rest : { ...rest, ...allOf[0] };
}

/** Properties may be called so too. */
function isSchema(name: string, value: Json): boolean {
  return name !== "default" && typeof value === "object" && !Array.isArray(value);
}

function schemasOf(schemas: { readonly [name: string]: Json }): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(schemas)
      .filter(([name]) => !known.schemas.test(name))
      .map(([name, schema]) => {
        const { "x-kubernetes-group-version-kind": gvk, ...rest } = bare(schema);
        return [
          name,
          JSON.stringify({ ...rest, gvk: known.gvk.test(name) ? undefined : gvk }, (_, value) => sorted(value)),
        ];
      }),
  );
}

function unlike(
  where: string,
  own: ReadonlyMap<string, string>,
  other: ReadonlyMap<string, string>,
): readonly string[] {
  return [...new Set([...own.keys(), ...other.keys()])]
    .filter((name) => own.get(name) !== other.get(name))
    .map((name) => `${where} ${name}:\n  ours  ${own.get(name)}\n  kube-apiserver's ${other.get(name)}`);
}

async function withBoth(run: (ours: Peer, theirs: Peer) => Promise<void>): Promise<void> {
  const theirs = await startKubeApiserver(files as { readonly apiserver: string; readonly etcd: string });
  const faults: unknown[] = [];
  const ours = await startSallyport((error) => faults.push(error));
  try {
    await run(ours, theirs);
    assert.deepEqual(faults, []);
  } finally {
    await Promise.all([theirs.close(), ours.close()]);
  }
}

test("OpenAPI v2 and v3 tell the same of operations and schemas", { skip, timeout: 240_000 }, () =>
  withBoth(async (ours, theirs) => {
    const [own, other] = await Promise.all([ours, theirs].map((peer) => documentOf(peer, "/openapi/v2")));
    const faults = [
      ...unlike("v2", operationsOf(own), operationsOf(other)),
      ...unlike("v2", schemasOf(own.definitions), schemasOf(other.definitions)),
    ];
    assert.deepEqual([own.info, own.security], [other.info, other.security]);
    const { paths } = await documentOf(ours, "/openapi/v3");
    assert.ok(Object.keys(paths).length > 20);
    for (const place of Object.keys(paths)) {
      const [mine, yours] = await Promise.all([ours, theirs].map((peer) => documentOf(peer, `/openapi/v3/${place}`)));
      faults.push(
        ...unlike(`v3 ${place}`, operationsOf(mine), operationsOf(yours)),
        ...unlike(`v3 ${place}`, schemasOf(mine.components.schemas), schemasOf(yours.components.schemas)),
      );
    }
    assert.equal(faults.length, 0, `${faults.length} differ:\n${faults.slice(0, 20).join("\n")}`);
  }),
);
