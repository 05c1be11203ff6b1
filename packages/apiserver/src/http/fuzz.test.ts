import assert from "node:assert/strict";
import { test } from "node:test";
import { builtinResources, type ResourceInfo } from "@sallyport/kube";
import fc from "fast-check";
import { type Answer, type Bed, type Call, withServer } from "../server.fixture.ts";
import { Dice, randomObject, randomValue, texts } from "./fuzz.fixture.ts";
import { Watchdog } from "./watchdog.fixture.ts";

/** A long run takes more: each of the properties makes ten times as many requests. */
const numRuns = Number(process.env["SALLYPORT_RANDOM_RUNS"] || 12);
const requestsPerRun = 10;

/** An answer that takes longer has hung, however busy the machine is. */
const patienceMs = 30_000;

const json = "application/json";
const protobuf = "application/vnd.kubernetes.protobuf";
const resources = builtinResources.filter(({ resource, verbs }) => !resource.includes("/") && verbs.includes("create"));

function collectionOf({ group, version, resource, namespaced }: ResourceInfo): string {
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  return namespaced ? `${root}/namespaces/default/${resource}` : `${root}/${resource}`;
}

interface Target extends Bed {
  /** Faults of the server itself. */
  readonly faults: readonly unknown[];
}

const watchdog = new Watchdog(2 * patienceMs);

/** Sends a request and holds the answer against what every client may rely on. */
async function sound({ call, faults }: Target, path: string, request: Call): Promise<Answer> {
  const asked = textOf(path, request);
  const timer = Promise.withResolvers<never>();
  const timeout = setTimeout(() => timer.reject(new Error("no answer")), patienceMs);
  watchdog.begin(asked);
  try {
    const answer = await Promise.race([call(path, request), timer.promise]);
    if (answer.code >= 400 && /^\/apis?\/\S/.test(path) && typeof (answer.body ?? "") !== "string") {
      assert.equal(answer.body.kind, "Status");
      assert.equal(answer.body.status, "Failure");
      assert.equal(answer.body.code, answer.code);
      assert.ok(answer.body.message);
    }
    assert.equal((faults[0] as Error | undefined)?.stack, undefined);
    return answer;
  } catch (error) {
    throw new Error(`${asked}: ${(error as Error).message}`, { cause: error });
  } finally {
    watchdog.end();
    clearTimeout(timeout);
  }
}

function textOf(path: string, { method, body, type = "", accept = "", headers = {} }: Call): string {
  const verb = method ?? (body === undefined ? "GET" : "POST");
  const text = Buffer.isBuffer(body) ? body.toString("base64") : JSON.stringify(body);
  return `${verb} ${path} ${type} ${accept} ${JSON.stringify(headers)} ${text}`;
}

/** A property of seeds: whatever the dice say, `ask` gets sound answers. */
function fuzz(name: string, ask: (target: Target, dice: Dice) => Promise<void>): void {
  const faults: unknown[] = [];
  test(`fuzz: ${name}`, { timeout: 3_600_000 }, () =>
    withServer(
      (bed) =>
        fc.assert(
          fc.asyncProperty(fc.nat(), async (seed) => {
            const dice = new Dice(seed);
            for (let i = 0; i < requestsPerRun; i++) await ask({ ...bed, faults }, dice);
          }),
          { numRuns, endOnFailure: true, includeErrorInReport: true },
        ),
      { onFault: (error) => faults.push(error) },
    ),
  );
}

const queries = [
  "",
  "dryRun=All",
  "dryRun=x",
  "fieldValidation=Strict",
  "fieldValidation=Ignore",
  "fieldManager=a",
  "pretty=1",
  "force=true&fieldManager=b",
];

fuzz("objects of all kinds, created and replaced", async (target, dice) => {
  const info = dice.of(resources);
  const object = randomObject(dice, info);
  const path = collectionOf(info);
  const { name } = (object["metadata"] ?? {}) as { name?: unknown };
  const query = `?${dice.of(queries)}`;
  await sound(target, path + query, { body: object });
  if (typeof name !== "string" || !dice.once(2)) return;
  await sound(target, `${path}/${encodeURIComponent(wellFormed(name))}${query}`, {
    method: "PUT",
    body: dice.once(2) ? object : randomObject(dice, info),
  });
});

/** encodeURIComponent takes no lone surrogates. */
function wellFormed(text: string): string {
  return text.toWellFormed();
}

const contentTypes = [json, "application/yaml", protobuf, "application/xml", "text/plain; charset=x", "", ";", "*/*"];

fuzz("bodies that are cut, changed or of another type", async (target, dice) => {
  const info = dice.of(resources);
  const text = Buffer.from(JSON.stringify(randomObject(dice, info)));
  const headers = dice.once(10) ? { "content-encoding": dice.of(["gzip", "deflate", "x"]) } : {};
  const type = dice.of(contentTypes);
  await sound(target, collectionOf(info), { body: damaged(dice, text), ...(type === "" ? {} : { type }), headers });
});

/** Some bytes changed, doubled, left out or cut off. */
function damaged(dice: Dice, bytes: Buffer): Buffer {
  let result = Buffer.from(bytes);
  for (let i = dice.below(4); i >= 0 && result.length > 0; i--) {
    const at = dice.below(result.length);
    const length = dice.below(20);
    const [head, tail] = [result.subarray(0, at), result.subarray(Math.min(at + length, result.length))];
    const between = [
      Buffer.from([dice.below(256)]),
      Buffer.alloc(0),
      Buffer.from(dice.of(texts)),
      result.subarray(at, at + length * 2),
      Buffer.alloc(length, 0xff),
    ];
    result = Buffer.concat(dice.once(5) ? [head] : [head, dice.of(between), tail]);
  }
  return result;
}

fuzz("protobuf that was changed", async (target, dice) => {
  const info = dice.of(
    resources.filter(({ kind }) =>
      ["Pod", "Service", "ConfigMap", "Secret", "Deployment", "Job", "Role"].includes(kind),
    ),
  );
  const path = collectionOf(info);
  await sound(target, path, { body: goodObject(info) });
  const { body } = await target.bytes(`${path}/good`, protobuf);
  const magic = body.subarray(0, 4);
  const bytes = dice.once(4)
    ? Buffer.concat([magic, Buffer.from(Array.from({ length: dice.below(40) }, () => dice.below(256)))])
    : Buffer.concat([magic, damaged(dice, body.subarray(4))]);
  await sound(target, path, { body: bytes, type: protobuf });
});

function goodObject({ group, version, kind }: ResourceInfo): object {
  const containers = [{ name: "a", image: "b", env: [{ name: "A", value: "b" }], ports: [{ containerPort: 80 }] }];
  const template = { metadata: { labels: { a: "b" } }, spec: { containers, restartPolicy: "Never" } };
  const specs: { readonly [kind: string]: object } = {
    Pod: { spec: template.spec },
    Service: { spec: { ports: [{ port: 80 }], selector: { a: "b" } } },
    ConfigMap: { data: { a: "b" } },
    Secret: { data: { a: "Yg==" } },
    Deployment: {
      spec: { selector: { matchLabels: { a: "b" } }, template: { ...template, spec: { containers } } },
    },
    Job: { spec: { template } },
    Role: { rules: [{ verbs: ["get"], apiGroups: [""], resources: ["pods"] }] },
  };
  const apiVersion = group === "" ? version : `${group}/${version}`;
  return { apiVersion, kind, metadata: { name: "good", labels: { a: "b" } }, ...specs[kind] };
}

const patchTypes = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  "application/apply-patch+yaml",
];

fuzz("patches of every type", async (target, dice) => {
  const info = dice.of(
    resources.filter(({ kind }) => ["Pod", "Service", "ConfigMap", "Deployment", "Job", "Role"].includes(kind)),
  );
  const path = collectionOf(info);
  if (dice.once(4)) await sound(target, path, { body: goodObject(info) });
  const type = dice.of(patchTypes);
  const subresource = dice.of(["", "", "", "/status", "/scale", "/ephemeralcontainers", "/resize"]);
  const body = type === patchTypes[0] ? jsonPatch(dice) : mergePatch(dice, info);
  const manager = type === patchTypes[3] && !dice.once(8) ? "fieldManager=m&" : "";
  await sound(target, `${path}/good${subresource}?${manager}${dice.of(queries)}`, { method: "PATCH", type, body });
});

const pointers =
  "|/|/metadata|/metadata/labels|/metadata/labels/a|/metadata/name|/metadata/labels/a~1b|/spec|/spec/containers|/spec/containers/0|/spec/containers/0/image|/spec/containers/-|/spec/containers/99|/spec/containers/-1|/spec/containers/1e3|/spec/template/spec/containers/0/env|/data|/data/a|/status|/kind|/rules/0/verbs/0|/a/b/c|a|/~|/__proto__|/constructor/prototype".split(
    "|",
  );

function jsonPatch(dice: Dice): unknown {
  if (dice.once(20)) return dice.of([null, {}, "a", 1, [null], [[]]]);
  return Array.from({ length: 1 + dice.below(4) }, () => ({
    ...(dice.once(20) ? {} : { op: dice.of(["add", "remove", "replace", "move", "copy", "test", "x"]) }),
    ...(dice.once(20) ? {} : { path: dice.of(pointers) }),
    ...(dice.once(3) ? { from: dice.of(pointers) } : {}),
    ...(dice.once(3) ? {} : { value: randomValue(dice, undefined) }),
  }));
}

const directives: readonly object[] = [
  { $patch: "delete" },
  { $patch: "replace" },
  { $patch: "x" },
  { $retainKeys: ["a"] },
  { $retainKeys: 1 },
  { "$deleteFromPrimitiveList/finalizers": ["a"] },
  { "$setElementOrder/containers": [{ name: "a" }] },
  { "$setElementOrder/containers": 1 },
];

function mergePatch(dice: Dice, info: ResourceInfo): unknown {
  const object = randomObject(dice, info);
  const metadata = dice.once(3) ? object["metadata"] : { name: "good", labels: { [dice.of(texts)]: dice.of(texts) } };
  const spec = object["spec"];
  const directed = dice.once(3) && typeof spec === "object" ? { spec: { ...spec, ...dice.of(directives) } } : {};
  return { ...object, metadata, ...directed, ...(dice.once(8) ? dice.of(directives) : {}) };
}

const subresources = builtinResources.filter(
  ({ resource, schema }) =>
    resource.includes("/") && schema !== undefined && !/exec|attach|log|proxy|portforward/.test(resource),
);

fuzz("subresources", async (target, dice) => {
  const info = dice.of(subresources);
  const [resource = "", subresource = ""] = info.resource.split("/");
  const parent = collectionOf({ ...info, resource, ...parentGroup(info) });
  if (dice.once(4) && ["pods", "services", "deployments", "jobs"].includes(resource)) {
    const kind = { pods: "Pod", services: "Service", deployments: "Deployment", jobs: "Job" }[resource] ?? "";
    await sound(target, parent, { body: goodObject({ ...info, ...parentGroup(info), kind }) });
  }
  const name = dice.of(["good", "o1", "default"]);
  const method = dice.of(["GET", "POST", "PUT", "PUT", "PATCH"]);
  await sound(target, `${parent}/${name}/${subresource}?${dice.of(queries)}`, {
    method,
    ...(method === "GET" ? {} : { body: { ...randomObject(dice, info), metadata: { name } } }),
    ...(method === "PATCH" ? { type: dice.of(patchTypes) } : {}),
  });
});

/** Scales and evictions are of another group than what they belong to. */
function parentGroup({ group, version, resource }: ResourceInfo): Pick<ResourceInfo, "group" | "version"> {
  const [name] = resource.split("/");
  const parent = builtinResources.find((each) => each.resource === name && each.verbs.includes("create"));
  return parent === undefined ? { group, version } : { group: parent.group, version: parent.version };
}

const selectorPieces =
  "a|b|x.example.com/a|=|==|!=|,| in |notin|(|)|!|metadata.name|metadata.namespace|status.phase|spec.nodeName|involvedObject.name|\\|'|\"| |%|é|>|<|1|-".split(
    "|",
  );

fuzz("selectors and options of lists, gets, watches and deletions", async (target, dice) => {
  const info = dice.of(builtinResources.filter(({ resource }) => !resource.includes("/")));
  const query = new URLSearchParams();
  for (const [name, value] of dice.some(options, 5)) query.append(name, value(dice));
  const isWatch = query.get("watch") !== null;
  if (isWatch) query.set("timeoutSeconds", dice.once(10) ? "x" : "1");
  const path = dice.once(4) ? `${collectionOf(info)}/good` : collectionOf(info);
  await sound(target, `${path}?${query}`, {
    method: isWatch ? "GET" : dice.of(["GET", "GET", "GET", "GET", "DELETE"]),
    untilHead: isWatch,
    accept: dice.of(accepts),
  });
});

const pieces = (dice: Dice) => dice.some(selectorPieces, 8).join("");
const number = (dice: Dice) =>
  dice.of(["", "0", "1", "-1", "5", "99999999999999999999", "x", "1.5", "+1", "９", "0x1", " 1"]);
const text = (dice: Dice) => dice.of(texts).toWellFormed();

const options: readonly (readonly [name: string, value: (dice: Dice) => string])[] = [
  ["labelSelector", pieces],
  ["fieldSelector", pieces],
  ["limit", number],
  ["resourceVersion", number],
  ["resourceVersionMatch", (dice) => dice.of(["Exact", "NotOlderThan", "x", ""])],
  ["sendInitialEvents", (dice) => dice.of(["true", "false", "x"])],
  ["allowWatchBookmarks", (dice) => dice.of(["true", "x"])],
  ["watch", (dice) => dice.of(["true", "1", "false", "x", ""])],
  ["timeoutSeconds", number],
  ["timeout", (dice) => dice.of(["1s", "x", "", "-1s", "1e9h"])],
  ["continue", continueToken],
  ["includeObject", (dice) => dice.of(["None", "Object", "x"])],
  ["pretty", (dice) => dice.of(["true", "x"])],
  ["gracePeriodSeconds", number],
  ["propagationPolicy", (dice) => dice.of(["Foreground", "Orphan", "x"])],
  ["orphanDependents", (dice) => dice.of(["true", "x"])],
  ["dryRun", () => "All"],
  ["\u0000", text],
];

function continueToken(dice: Dice): string {
  if (dice.once(4)) return text(dice);
  const value = (most: readonly unknown[]) =>
    JSON.stringify(dice.once(6) ? dice.of(["x", null, [], 1e300, -1]) : dice.of(most));
  const fields = [
    `"v":${value(["meta.k8s.io/v1"])}`,
    `"rv":${value([1, -1, 0, 5, 100_000])}`,
    `"start":${value(["/a\0", "a", "../a", "/default/a", "\ud800", "", "/", texts.at(-1)])}`,
  ];
  const token = Buffer.from(`{${fields.filter(() => !dice.once(8)).join()}}`);
  return (dice.once(5) ? damaged(dice, token) : token).toString(dice.once(10) ? "base64" : "base64url");
}

const accepts = [
  json,
  protobuf,
  "application/yaml",
  "*/*",
  `${json};as=Table;v=v1;g=meta.k8s.io`,
  `${protobuf};as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,${json}`,
  `${json};as=APIGroupDiscoveryList;v=v2;g=apidiscovery.k8s.io`,
  `${json};as=x;v=y;g=z`,
  "x",
  ",;=q",
  `${json};q=x`,
  "a/b,".repeat(200),
];

const segments =
  "api|apis|v1|v1beta1|apps|namespaces|default|pods|good|services|nodes|status|scale|log|exec|attach|portforward|proxy|binding|eviction|token|finalize|ephemeralcontainers|approval|openapi|v2|v3|version|healthz|livez|readyz|metrics|.well-known|openid-configuration|openid|jwks|watch|logs|debug|%00|%|%2|%2F|%2e%2e|..|.|%C3%A9|%ff|%F0%9F%98%80||*|a:b|http:a:80|~|@|;a|'".split(
    "|",
  );

fuzz("paths, methods and headers", async (target, dice) => {
  const path = `/${dice.some(segments, 8).join("/")}${dice.once(3) ? `?${dice.some(segments, 3).join("&")}=${dice.of(segments)}` : ""}`;
  const method = dice.of(["GET", "GET", "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "LOCK"]);
  const hasBody = ["POST", "PUT", "PATCH", "DELETE"].includes(method) && dice.once(2);
  const headers = Object.fromEntries(dice.some(headerLines, 3));
  await sound(target, path, {
    method,
    accept: dice.of(accepts),
    headers,
    anonymous: dice.once(5),
    untilHead: method === "GET" && /watch|exec|attach|log/.test(path),
    ...(hasBody ? { body: randomValue(dice, undefined), type: dice.of(patchTypes) } : {}),
  });
});

const headerLines: readonly (readonly [string, string])[] = [
  ["authorization", "Bearer x"],
  ["authorization", "Bearer a.b.c"],
  ["authorization", `Bearer ${"x".repeat(3000)}`],
  ["authorization", "Basic eDp4"],
  ["authorization", "Bearer"],
  ["impersonate-user", "a"],
  ["impersonate-user", "system:serviceaccount:default:default"],
  ["impersonate-group", "system:masters"],
  ["impersonate-uid", "1"],
  ["impersonate-extra-a%2fb", "x"],
  ["impersonate-extra-%", "x"],
  ["x-remote-user", "a"],
  ["user-agent", "curl/8"],
  ["user-agent", "/"],
  ["accept-encoding", "gzip"],
  ["if-none-match", '"x"'],
  ["content-encoding", "gzip"],
  ["upgrade", "websocket"],
  ["connection", "upgrade"],
  ["upgrade", "SPDY/3.1"],
];
