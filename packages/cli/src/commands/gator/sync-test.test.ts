import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { run } from "./gator.fixture.ts";

const folder = fileURLToPath(new URL("../../../../constraints/testdata/sync", import.meta.url));

/** `name` stands for a file, `-f` for itself. */
function sync(files: string) {
  const words = files.split(" ").flatMap((word) => (word === "-f" ? [word] : ["-n", `${folder}/${word}.yaml`]));
  return run("sync", "test", ...words);
}

const ignoring =
  "ignoring absence of supported GVK manifest due to --force-omit-gvk-manifest flag; will assume all synced GVKs are supported by cluster\n";
const host =
  "- extensions/v1beta1:Ingress OR extensions/v1:Ingress OR networking.k8s.io/v1beta1:Ingress OR networking.k8s.io/v1:Ingress";
const unmet = "the following requirements were not met: \n";

const cases: ReadonlyArray<[files: string, status: number, out: string, err: string]> = [
  ["templates syncset config served", 0, "", ""],
  ["templates syncset config -f", 0, ignoring, ""],
  ["templates syncset served", 1, "", `${unmet}uniquehost:\n- /v1:Pod\n\n`],
  ["templates config -f", 1, ignoring, `${unmet}uniquehost:\n${host}\nuniqueservice:\n- /v1:Service\n\n`],
  ["templates syncset config old-cluster", 1, "", `${unmet}uniquehost:\n${host}\n\n`],
  [
    "pod templates syncset config served",
    0,
    'skipping unstructured "web" because it is not a syncset, config, gvk manifest, or template\n',
    "",
  ],
  [
    "templates syncset",
    1,
    "",
    "checking: no GVK manifest found; please provide a manifest enumerating the GVKs supported by the cluster\n",
  ],
  [
    "bad syncset",
    1,
    "",
    'encountered errors parsing the following templates: \nbadone:\njson: unknown field "version"\n\n',
  ],
];

for (const [files, status, out, err] of cases)
  test(`gator sync test ${files}: ${status}`, async () => {
    assert.deepEqual(await sync(files), { status, out, err });
  });

test("gator sync without a command says which one there is", async () => {
  assert.deepEqual(await run("sync"), { status: 0, out: "Usage: gator sync test\n", err: "" });
});
