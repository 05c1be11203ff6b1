import assert from "node:assert/strict";
import { test } from "node:test";
import { namesOne, negotiate, negotiateRefusal, wantsPretty } from "./negotiate.ts";

const table = "as=Table;v=v1;g=meta.k8s.io";

/** An Accept header, and format and form that it chooses, or why it is refused. */
const cases: readonly (readonly [accept: string | undefined, chosen: string])[] = [
  [undefined, "json object"],
  ["", "json object"],
  ["*/*", "json object"],
  ["application/yaml", "yaml object"],
  ["application/vnd.kubernetes.protobuf", "protobuf object"],
  ["application/vnd.kubernetes.protobuf;stream=watch", "protobuf object"],
  ["application/json;q=0.4,application/yaml;q=0.5", "yaml object"],
  ["application/yaml;q=0.5, application/json;q=0.4", "yaml object"],
  ["application/foo, application/json;q=0.1", "json object"],
  ["application/*", "json object"],
  ["application/*,application/yaml;q=0.1", "yaml object"],
  ["*/*;q=0.3,text/html;q=0.1,application/yaml;q=0.2", "yaml object"],
  ["application/yaml;q=x,application/json;q=0.5", "json object"],
  [`application/json;${table},application/json`, "json Table"],
  [`application/yaml;${table}`, "yaml Table"],
  [`application/vnd.kubernetes.protobuf;${table},application/json`, "json object"],
  [
    "application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
    "protobuf PartialObjectMetadata",
  ],
  [`application/vnd.kubernetes.protobuf;${table}`, "refused"],
  ["application/json;as=Table;v=v2;g=meta.k8s.io", "refused"],
  ["application/json;as=Table;v=v1", "refused"],
  ["application/json;as=Foo;v=v1;g=meta.k8s.io", "refused"],
  ["application/foo", "refused"],
  ["text/*", "refused"],
  [";;;,,", "refused"],
];

for (const [accept, chosen] of cases)
  test(`Accept ${JSON.stringify(accept)} gives ${chosen}`, () => {
    const { format, as, refused } = negotiate(accept);
    assert.equal(refused ? "refused" : `${format} ${as}`, chosen);
  });

test("a table is chosen only where there are tables", () => {
  const accept = `application/json;${table}`;
  assert.equal(negotiate(accept, ["json", "yaml"], false).refused, true);
  assert.equal(negotiate(`${accept},application/yaml`, ["json", "yaml"], false).format, "yaml");
});

test("only what can be written is chosen", () => {
  const accept = "application/vnd.kubernetes.protobuf,application/json";
  assert.equal(negotiate(accept, ["json", "yaml"]).format, "json");
  assert.equal(negotiate("application/vnd.kubernetes.protobuf", ["json", "yaml"]).refused, true);
});

for (const [accept, isNamed] of [
  [undefined, true],
  ["", true],
  ["text/html,*/*;q=0.1", true],
  ["application/yaml ;q=0", true],
  ["application/*", false],
  ["Application/YAML", false],
] as const)
  test(`${accept} ${isNamed ? "names" : "does not name"} a type in full`, () =>
    assert.equal(namesOne(accept, ["application/yaml"]), isNamed));

for (const [query, agent, pretty] of [
  ["", "kubectl/v1.36", false],
  ["", "curl/8.5.0", true],
  ["pretty=false", "curl/8.5.0", false],
  ["pretty=true", undefined, true],
  ["pretty", undefined, false],
  ["pretty", "curl/8.5.0", true],
  ["pretty=odd", "curl/8.5.0", false],
] as const)
  test(`?${query} of ${agent} is ${pretty ? "" : "not "}laid out`, () =>
    assert.equal(wantsPretty(new URLSearchParams(query), agent), pretty));

for (const [accept, pretty] of [
  ["application/json", false],
  ["text/plain", true],
  ["application/json;as=Odd", true],
] as const)
  test(`a refusal is ${pretty ? "" : "not "}laid out for who accepts ${accept}`, () => {
    const { format, ...refusal } = negotiateRefusal(accept, negotiate(accept));
    assert.deepEqual([format, refusal.pretty], ["json", pretty]);
  });
