import assert from "node:assert/strict";
import { test } from "node:test";
import { type ResourcePathMappings, toParent, toSubresource } from "./scale-handler.ts";

const mappings: ResourcePathMappings = new Map([
  ["apps/v1", ["spec", "replicas"]],
  ["apps/v1beta2", undefined],
]);

type Entry = { readonly [field: string]: unknown };

/** `MANAGER OPERATION APIVERSION [SUBRESOURCE]: FIELDSV1` as an entry that was written at noon. */
function entryOf(text: string): Entry {
  const [, manager, operation, apiVersion, subresource, fields = ""] =
    /^(\S+) (\S+) (\S+?)(?: (\w+))?: (.*)$/.exec(text) ?? [];
  const own = subresource === undefined ? {} : { subresource };
  return {
    manager,
    operation,
    apiVersion,
    time: "2026-01-01T12:00:00Z",
    fieldsType: "FieldsV1",
    fieldsV1: JSON.parse(fields),
    ...own,
  };
}

/** The same without a time, as `(timeless)`. */
function textOf(entry: unknown): string {
  const { manager, operation, apiVersion, subresource, time, fieldsV1 } = entry as Entry;
  const place = subresource === undefined ? "" : ` ${subresource}`;
  const timeless = time === undefined ? " (timeless)" : "";
  return `${manager} ${operation} ${apiVersion}${place}: ${JSON.stringify(fieldsV1)}${timeless}`;
}

const replicas = '{"f:spec":{"f:replicas":{}}}';
const both = '{"f:spec":{"f:paused":{},"f:replicas":{}}}';
const paused = '{"f:spec":{"f:paused":{}}}';

const shown: readonly (readonly [string, string, string | undefined])[] = [
  ["an updater of the replicas", `a Update apps/v1: ${both}`, `a Update autoscaling/v1: ${replicas}`],
  ["one who applied them", `a Apply apps/v1: ${replicas}`, `a Apply autoscaling/v1: ${replicas}`],
  ["who scaled", `a Update apps/v1 scale: ${replicas}`, `a Update autoscaling/v1 scale: ${replicas}`],
  ["nobody, who has other fields", `a Update apps/v1: ${paused}`, undefined],
  ["nobody, whose version has no scale", `a Update apps/v1beta2: ${both}`, undefined],
  ["nobody, whose version is none", `a Update apps/v7: ${both}`, undefined],
];

for (const [name, entry, expected] of shown)
  test(`a Scale shows as managers of its replicas: ${name}`, () => {
    assert.deepEqual(toSubresource([entryOf(entry)], mappings).map(textOf), expected === undefined ? [] : [expected]);
  });

const scaled: readonly (readonly [string, readonly string[], readonly string[], readonly string[]])[] = [
  ["takes them from an updater", [`a Update apps/v1: ${both}`], [], [`a Update apps/v1: ${paused}`]],
  ["takes all that an updater had", [`a Update apps/v1: ${replicas}`], [], []],
  [
    "hands them on to an entry of the updater's own",
    [`a Update apps/v1: ${both}`],
    [`a Update autoscaling/v1: ${replicas}`],
    [`a Update apps/v1: ${paused}`, `a Update apps/v1: ${replicas} (timeless)`],
  ],
  [
    "leaves them to who applied them",
    [`a Apply apps/v1: ${both}`],
    [`a Apply autoscaling/v1: ${replicas}`],
    [`a Apply apps/v1: ${both}`],
  ],
  [
    "gives them to who scaled",
    [],
    [`b Update autoscaling/v1 scale: ${replicas}`],
    [`b Update apps/v1 scale: ${replicas} (timeless)`],
  ],
  ["forgets other fields of a Scale", [], ['b Update autoscaling/v1 scale: {"f:status":{"f:replicas":{}}}'], []],
  ["keeps versions without a scale", [`a Update apps/v1beta2: ${both}`], [], [`a Update apps/v1beta2: ${both}`]],
  ["forgets versions that are none", [`a Update apps/v7: ${paused}`], [], []],
];

for (const [name, before, owners, expected] of scaled)
  test(`a Scale that was written ${name}`, () => {
    const entries = toParent(before.map(entryOf), owners.map(entryOf), mappings, "apps/v1");
    assert.deepEqual(entries.map(textOf).toSorted(), expected.toSorted());
  });
