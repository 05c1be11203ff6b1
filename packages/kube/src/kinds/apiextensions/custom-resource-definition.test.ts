import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "../../object.ts";
import { uncompiled } from "../expressions.ts";
import { customResourceDefinition } from "./custom-resource-definition.ts";

type Fields = { readonly [field: string]: unknown };

/** A definition of things with some of its spec changed: what is refused, by field. */
function refusals(spec: Fields, names: Fields = {}): ReadonlyMap<string, string> {
  const schema = { openAPIV3Schema: { type: "object" } };
  const whole = {
    group: "example.com",
    scope: "Namespaced",
    names: { plural: "things", singular: "thing", kind: "Thing", listKind: "ThingList", ...names },
    versions: [{ name: "v1", served: true, storage: true, schema }],
    conversion: { strategy: "None" },
    ...spec,
  };
  const { group, names: all } = whole as { readonly group: string; readonly names: { readonly plural: string } };
  const metadata = { name: `${all.plural}.${group}` };
  const status = { storedVersions: ["v1"] };
  const apiVersion = "apiextensions.k8s.io/v1";
  const object = {
    apiVersion,
    kind: "CustomResourceDefinition",
    metadata,
    spec: whole,
    status,
  } as unknown as KubeObject;
  const errors = customResourceDefinition.validate?.(object, uncompiled, apiVersion) ?? [];
  return new Map(errors.map(({ field, message }) => [field, message]));
}

const long = "t".repeat(64);
const tooLong = "must be no more than 63 characters";
const noLabel = /: must be no more than 63 characters,a DNS-1035 label must consist of/;

test("names that are only too long are told so", () => {
  const found = refusals({}, { plural: long, kind: `T${long}`, shortNames: [long], categories: [long] });
  assert.equal(found.get("spec.names.plural"), `Invalid value: "${long}": ${tooLong}`);
  assert.equal(
    found.get("spec.names.kind"),
    `Invalid value: "T${long}": may have mixed case, but should otherwise match: ${tooLong}`,
  );
  assert.equal(found.get("spec.names.shortNames[0]"), `Invalid value: "${long}": ${tooLong}`);
  assert.equal(found.get("spec.names.categories[0]"), `Invalid value: "${long}": ${tooLong}`);
  const group = `${"t".repeat(250)}.com`;
  assert.equal(refusals({ group }).get("spec.group"), `Invalid value: "${group}": must be no more than 253 characters`);
});

test("names that are too long and malformed are told both", () => {
  const found = refusals({}, { singular: `T${long}` });
  assert.match(found.get("spec.names.singular") ?? "", noLabel);
});

test("empty names of versions, and empty short names, are no labels", () => {
  const found = refusals(
    { versions: [{ name: "", served: true, storage: true }] },
    { shortNames: [""], categories: [""] },
  );
  for (const field of ["spec.versions[0].name", "spec.names.shortNames[0]", "spec.names.categories[0]"])
    assert.match(found.get(field) ?? "", /^Invalid value: "": a DNS-1035 label must consist of/);
});

test("what versions have in common is looked at behind their names, and they are looked at alone before", () => {
  const schema = { openAPIV3Schema: { type: "Exists" } };
  const found = [...refusals({ versions: [{ name: "v1", served: true, storage: false, schema }] }).keys()];
  const [versions, type] = ["spec.versions", "spec.validation.openAPIV3Schema.type"].map((field) =>
    found.indexOf(field),
  );
  assert.ok(versions !== undefined && type !== undefined && versions >= 0 && versions < type, found.join());
});

test("names that a status accepts are names", () => {
  const status = { acceptedNames: { plural: "0", kind: "", listKind: "" } };
  const faults =
    customResourceDefinition.validateStatus?.({ spec: {}, status } as never, {} as never, uncompiled) ?? [];
  assert.deepEqual(
    faults.map(({ field }) => field),
    ["status.acceptedNames.plural"],
  );
});

test("a definition that is right is refused nothing", () => assert.deepEqual([...refusals({})], []));
