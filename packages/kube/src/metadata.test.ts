import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { validateMetadata, validateMetadataUpdate, validateStandardFinalizers } from "./metadata.ts";
import type { KubeObject, ObjectMeta } from "./object.ts";

const objectOf = (metadata: ObjectMeta, kind = "ConfigMap", apiVersion = "v1"): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name: "n", ...metadata },
});

const linesOf = (errors: readonly { readonly field: string; readonly message: string }[]) =>
  errors.map(({ field, message }) => `${field}: ${message.replace(/ \(e\.g\. .*$/, "")}`);

const label =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const subdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";

const cases: readonly (readonly [object: KubeObject, ...refused: string[]])[] = [
  [objectOf({ labels: { a: "b" }, annotations: { "UP/a": "" }, generateName: "a-" })],
  [objectOf({ name: "" }), "metadata.name: Required value: name or generateName is required"],
  [objectOf({ generateName: "A b" }), `metadata.generateName: Invalid value: "A b": ${subdomain}`],
  [objectOf({ name: "a.b" }, "Namespace"), 'metadata.name: Invalid value: "a.b": must not contain dots'],
  [
    objectOf({ name: "a:b%" }, "ClusterRole", "rbac.authorization.k8s.io/v1"),
    "metadata.name: Invalid value: \"a:b%\": may not contain '%'",
  ],
  [objectOf({ generation: -1 }), "metadata.generation: Invalid value: -1: must be greater than or equal to 0"],
  [objectOf({ labels: { "a b": "c" } }), `metadata.labels: Invalid value: "a b": name part ${label}`],
  [objectOf({ annotations: { "A b": "c" } }), `metadata.annotations: Invalid value: "A b": name part ${label}`],
  [
    objectOf({ ownerReferences: [{ apiVersion: "", kind: "K", name: "", uid: "u" }] }),
    "metadata.ownerReferences[0].apiVersion: Required value: must not be empty",
    "metadata.ownerReferences[0].name: Required value: must not be empty",
  ],
  [
    objectOf({ finalizers: ["a", "orphan", "foregroundDeletion"] }),
    'metadata.finalizers: Invalid value: ["a","orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be both set',
    'metadata.finalizers[0]: Invalid value: "a": name is neither a standard finalizer name nor is it fully qualified',
  ],
];

for (const [object, ...refused] of cases) {
  test(JSON.stringify(object.metadata), () => {
    deepEqual(linesOf([...validateMetadata(object), ...validateStandardFinalizers(object)]), refused);
  });
}

test("an object that is being deleted gets no new finalizers, and stays so", () => {
  const old = objectOf({ deletionTimestamp: "2026-01-02T03:04:05Z", finalizers: ["x/y"] });
  deepEqual(linesOf(validateMetadataUpdate(objectOf({ finalizers: ["x/z"] }), old)), [
    'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"x/z"}',
    "metadata.deletionTimestamp: Invalid value: null: field is immutable",
  ]);
});
