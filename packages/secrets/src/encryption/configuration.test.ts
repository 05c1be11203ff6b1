import assert from "node:assert/strict";
import { test } from "node:test";
import { faultsText } from "@sallyport/kube";
import { parse } from "yaml";
import { ConfigurationError, decodeConfiguration } from "./configuration.ts";
import { configurationFaults } from "./configuration-faults.ts";
import { localProvider } from "./local-providers.ts";
import { rulesOf } from "./rules.ts";
import type { PrefixTransformer } from "./transformer.ts";

const head = "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\n";
const key32 = Buffer.alloc(32, 1).toString("base64");
const read = (text: string) => decodeConfiguration(parse(head + text));
const oneRule = (resources: string, providers: string) =>
  `resources: [{ resources: ${resources}, providers: ${providers} }]`;

for (const [name, text, words] of [
  ["an unknown field", "resourcess: []", 'unknown field "resourcess"'],
  ["an unknown provider", oneRule("[secrets]", "[{ aesgmc: {} }]"), 'unknown field "resources[0].providers[0].aesgmc"'],
  ["another type", "resources: {}", "resources: expected a list"],
  ["a number as a name", oneRule("[1]", "[]"), "resources[0].resources[0]: expected a string"],
  [
    "a key that is a text",
    oneRule("[secrets]", `[{ aescbc: { keys: ["${key32}"] } }]`),
    "resources[0].providers[0].aescbc.keys[0]: expected a map",
  ],
  [
    "a time without unit",
    oneRule("[secrets]", "[{ kms: { timeout: '3' } }]"),
    'resources[0].providers[0].kms.timeout: time: missing unit in duration "3"',
  ],
] as const)
  test(`configuration: ${name} is refused by its place, without any value`, () => {
    assert.throws(() => read(text), new ConfigurationError(words));
  });

test("configuration: another kind is no configuration", () => {
  for (const text of ["kind: Pod", "apiVersion: v1\nkind: EncryptionConfiguration", "[]", "a"])
    assert.throws(() => decodeConfiguration(parse(text)), ConfigurationError);
});

test("configuration: a KMS has kube-apiserver's defaults", () => {
  const kmsOf = (text: string) => read(oneRule("[secrets]", `[{ kms: ${text} }]`)).resources[0]?.providers[0]?.kms;
  const endpoint = "unix:///a";
  assert.deepEqual(kmsOf(`{ name: a, endpoint: "${endpoint}" }`), {
    apiVersion: "v1",
    name: "a",
    cachesize: 1000,
    endpoint,
    timeoutMs: 3000,
    timeout: "3s",
  });
  const v2 = kmsOf(`{ apiVersion: v2, name: a, endpoint: "${endpoint}", timeout: 1m30s }`);
  assert.deepEqual([v2?.cachesize, v2?.timeoutMs], [undefined, 90_000]);
});

const good = "[{ identity: {} }]";
const kms = (more: string) => `[{ kms: { name: a, endpoint: "unix:///a"${more === "" ? "" : `, ${more}`} } }]`;
const keyed = (keys: string) => `[{ aesgcm: { keys: ${keys} } }]`;
const overlap =
  "using overlapping resources such as 'secrets' and '*.' in the same resource list is not allowed as they will be masked";

for (const [name, text, words] of [
  ["nothing", "", ["resources: Required value: at least one resources is required"]],
  [
    "an empty rule",
    oneRule("[]", "[]"),
    [
      "resources[0].resources: Required value: at least one resources[0].resources is required",
      "resources[0].providers: Required value: at least one resources[0].providers is required",
    ],
  ],
  ["what is right", oneRule("[secrets, '*.apps', deployments.x.io]", good), []],
  ["a resource twice", oneRule("[secrets, secrets]", good), ["the same resource cannot be specified multiple times"]],
  ["a group beside its resource", oneRule("[secrets, '*.']", good), [overlap]],
  ["all beside one", oneRule("['*.*', pods]", good), [overlap]],
  ["other groups beside one", oneRule("['*.apps', pods]", good), []],
  ["capitals", oneRule("[Secrets]", good), ["resource name should not contain capital letters"]],
  ["a star", oneRule("['*']", good), ["use '*.' to encrypt all the resources from core API group"]],
  ["what has no API", oneRule("[serviceipallocations]", good), ["resources which do not have REST API/s cannot be"]],
  ["new events", oneRule("[events.events.k8s.io]", good), ["Use 'events' instead in the config file"]],
  ["old ingresses", oneRule("[ingresses.extensions]", good), ["'extensions' group has been removed"]],
  ["any group", oneRule("['pods.*']", good), ["encrypting the same resource across groups is not supported"]],
  ["an empty element", oneRule("[secrets]", "[{}]"), ["Invalid value: []: provider does not contain any of the"]],
  [
    "two in one element",
    oneRule("[secrets]", `[{ identity: {}, aesgcm: { keys: [{ name: a, secret: "${key32}" }] } }]`),
    ['Invalid value: ["aesgcm","identity"]: more than one provider specified in a single element'],
  ],
  ["no keys", oneRule("[secrets]", keyed("[]")), ["aesgcm.keys: Required value: at least one keys is required"]],
  [
    "a key without anything",
    oneRule("[secrets]", keyed("[{}]")),
    [
      "keys[0].name: Required value: name is a mandatory field",
      "keys[0].secret: Required value: secret is a mandatory",
    ],
  ],
  [
    "no base64",
    oneRule("[secrets]", keyed("[{ name: a, secret: canary }]")),
    ['secret: Invalid value: "REDACTED": secrets must be base64 encoded'],
  ],
  [
    "a short secret",
    oneRule("[secrets]", keyed("[{ name: a, secret: Y2FuYXJ5 }]")),
    ['Invalid value: "REDACTED": secret is not of the expected length, got 6, expected one of [16 24 32]'],
  ],
  ["a KMS", oneRule("[secrets]", kms("apiVersion: v2")), []],
  ["a KMS of another version", oneRule("[secrets]", kms("apiVersion: v3")), ["only v1 and v2 are supported"]],
  [
    "a KMS with a colon",
    oneRule("[secrets]", kms("apiVersion: v2, name: 'a:b'").replace("name: a, ", "")),
    ["must not contain ':'"],
  ],
  ["a cache in v2", oneRule("[secrets]", kms("apiVersion: v2, cachesize: 1")), ["cachesize is not supported in v2"]],
  ["no cache in v1", oneRule("[secrets]", kms("cachesize: 0")), ["cachesize should be a positive value, or negative"]],
  ["no time", oneRule("[secrets]", kms("timeout: 0s")), ["timeout should be a positive value"]],
  [
    "an endpoint elsewhere",
    oneRule("[secrets]", `[{ kms: { name: a, endpoint: "https://a" } }]`),
    ['unsupported scheme "https" for KMS provider, only unix is supported'],
  ],
  ["no endpoint", oneRule("[secrets]", "[{ kms: { name: a } }]"), ["endpoint is a mandatory field for a kms"]],
] as const)
  test(`configuration: ${name}`, () => {
    const faults = configurationFaults(read(text), false);
    assert.equal(faults.length, words.length, faultsText(faults));
    for (const [i, each] of words.entries())
      assert.ok(faultsText(faults.slice(i, i + 1)).includes(each), faultsText(faults));
    assert.doesNotMatch(faultsText(faults), /canary|Y2FuYXJ5|AQEBAQ/);
  });

test("configuration: names of a KMS are unique; those of v1 where the file is read again", () => {
  const twice = (version: string) =>
    read(
      `resources: [{ resources: [a], providers: ${kms(`apiVersion: ${version}`)} }, { resources: [b], providers: ${kms(`apiVersion: ${version}`)} }]`,
    );
  const counts = ["v1", "v2"].flatMap((version) =>
    [false, true].map((reload) => configurationFaults(twice(version), reload).length),
  );
  assert.deepEqual(counts, [0, 1, 1, 1]);
});

const provide = (provider: Parameters<typeof localProvider>[0]) => localProvider(provider) as PrefixTransformer;

for (const [name, rules, words] of [
  ["its group", ["*.apps", "deployments.apps"], 'resource "deployments.apps" is masked by earlier rule "*.apps"'],
  ["the core group", ["*.", "secrets"], 'resource "secrets" is masked by earlier rule "*."'],
  ["all", ["*.*", "*.apps"], 'resource "*.apps" is masked by earlier rule "*.*"'],
] as const)
  test(`rules: one behind ${name} is masked`, () => {
    const text = `resources: ${JSON.stringify(rules.map((each) => ({ resources: [each], providers: [{ identity: {} }] })))}`;
    assert.throws(() => rulesOf(read(text), provide), new ConfigurationError(words));
  });

test("rules: the nearest counts, and several of one resource add up", async () => {
  const gcm = (name: string) => ({ aesgcm: { keys: [{ name, secret: key32 }] } });
  const list = [
    { resources: ["secrets"], providers: [gcm("one")] },
    { resources: ["secrets", "*.apps"], providers: [gcm("two"), { identity: {} }] },
    { resources: ["*.*"], providers: [{ identity: {} }] },
  ];
  const rules = rulesOf(read(`resources: ${JSON.stringify(list)}`), provide);
  const written = async (group: string, resource: string) =>
    Buffer.from(await rules.transformerFor(group, resource).seal(Buffer.from("{}"), "/a")).toString("latin1");
  assert.match(await written("", "secrets"), /^k8s:enc:aesgcm:v1:one:/);
  assert.match(await written("apps", "deployments"), /^k8s:enc:aesgcm:v1:two:/);
  assert.equal(await written("", "pods"), "{}");
  // What the second rule wrote for Secrets is read by the first one's list.
  const old = Buffer.from(await written("apps", "x"), "latin1");
  assert.deepEqual(await rules.transformerFor("", "secrets").open(old, "/a"), {
    value: Buffer.from("{}"),
    isStale: true,
  });
});

test("rules: without one, what is encrypted cannot be read", () => {
  const rules = rulesOf(read(oneRule("[secrets]", good)), provide);
  assert.equal(rules.covers("", "pods"), false);
  assert.throws(
    () => rules.transformerFor("", "pods").open(Buffer.from("k8s:enc:x"), "/a"),
    /identity transformer tried/,
  );
});
