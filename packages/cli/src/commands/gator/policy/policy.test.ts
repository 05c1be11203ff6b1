import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { parse } from "yaml";
import { withGatekeeper } from "../../../gatekeeper/gatekeeper.fixture.ts";
import { runIn } from "../gator.fixture.ts";

const gator = process.env["SALLYPORT_GATOR"] || undefined;
const skip = gator === undefined && "no gator: SALLYPORT_GATOR names its file";

function template(kind: string, annotations: string): string {
  return `apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: ${kind.toLowerCase()}, annotations: {description: "${kind} wants labels", ${annotations}}}
spec:
  crd: {spec: {names: {kind: ${kind}}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: |
      package t
      violation[{"msg": "no label"}] { not input.review.object.metadata.labels.owner }
`;
}

function constraint(kind: string, name: string): string {
  return `apiVersion: constraints.gatekeeper.sh/v1beta1
kind: ${kind}
metadata: {name: ${name}}
spec: {match: {kinds: [{apiGroups: [""], kinds: [ConfigMap]}], namespaces: [strict]}}
`;
}

const library: { readonly [file: string]: string } = {
  "general/one/template.yaml": template("One", 'metadata.gatekeeper.sh/version: "1.2.0"'),
  "pod-security-policy/two/template.yaml": template(
    "Two",
    'metadata.gatekeeper.sh/bundle: "set-baseline, set-strict", policy.gatekeeper.sh/docs: "https://d"',
  ),
  "pod-security-policy/two/samples/a/constraint.yaml": constraint("Two", "two-a"),
  "pod-security-policy/two/samples/two-strict/constraint.yaml": constraint("Two", "two-strict"),
  "pod-security-policy/three/template.yaml": template("Three", 'metadata.gatekeeper.sh/bundle: "set-strict"'),
  "pod-security-policy/none/template.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n",
};

interface Bed {
  readonly folder: string;
  readonly env: { readonly [name: string]: string };
  /** Writes a file of the library. */
  readonly write: (file: string, text: string) => void;
  /** Standard output, and what was said beside it where the status is not 0. */
  readonly gator: (...words: readonly string[]) => Promise<string>;
}

async function withLibrary(run: (bed: Bed) => Promise<void>, more: { readonly [name: string]: string } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-policy-"));
  const env = {
    GATOR_HOME: join(folder, "home"),
    GATOR_CATALOG_URL: pathToFileURL(join(folder, "catalog.yaml")).href,
    KUBECONFIG: join(folder, "no-kubeconfig"),
    ...more,
  };
  const write = (file: string, text: string) => {
    const path = join(folder, "library", file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  };
  for (const [file, text] of Object.entries(library)) write(file, text);
  const gatorAt = async (...words: readonly string[]) => {
    const { status, out, err } = await runIn(env, "policy", ...words);
    return status === 0 ? out : `${out}${err}${status}`;
  };
  try {
    await run({ folder, env, write, gator: gatorAt });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Makes the catalog of the library, and keeps it. */
async function publish({ folder, gator }: Bed): Promise<string> {
  await gator("generate-catalog", "--library-path", folder, "--output", join(folder, "catalog.yaml"));
  return gator("update");
}

test("gator policy: a catalog of a library, and what is found in it", () =>
  withLibrary(async (bed) => {
    assert.equal(
      await bed.gator("install", "one"),
      "Error: loading catalog: no cached catalog found, run 'gator policy update' first\n1",
    );
    assert.equal(await publish(bed), "Updated catalog to version v1.0.0 (3 policies, 2 bundles)\n");
    const catalog = parse(readFileSync(join(bed.folder, "catalog.yaml"), "utf8"));
    assert.deepEqual(catalog.bundles, [
      { name: "set-baseline", description: "Policy bundle: set-baseline", policies: ["two"] },
      { name: "set-strict", description: "Policy bundle: set-strict", policies: ["three", "two"] },
    ]);
    assert.deepEqual(catalog.policies[2], {
      name: "two",
      version: "v1.0.0",
      description: "Two wants labels",
      category: "pod-security",
      templatePath: "library/pod-security-policy/two/template.yaml",
      bundleConstraints: {
        "set-baseline": "library/pod-security-policy/two/samples/a/constraint.yaml",
        "set-strict": "library/pod-security-policy/two/samples/two-strict/constraint.yaml",
      },
      documentationUrl: "https://d",
      bundles: ["set-baseline", "set-strict"],
    });
    const table = "NAME  VERSION  CATEGORY  DESCRIPTION\none   v1.2.0   general   One wants labels\n";
    assert.equal(await bed.gator("search", "ONE"), table);
    assert.equal(await bed.gator("search", "labels", "--category", "General"), table);
    assert.equal(
      await bed.gator("search", "labels", "--bundle", "set-baseline", "--category", "x"),
      "No policies found.\n",
    );
    assert.equal(await bed.gator("search", "labels", "--bundle", "other"), "Error: bundle not found: other\n1");
    const { results } = JSON.parse(await bed.gator("search", "t", "-o", "json"));
    assert.deepEqual(
      results.map(({ name }: { name: string }) => name),
      ["one", "three", "two"],
    );
    assert.equal(
      await bed.gator("install", "--bundle", "set-strict", "one", "--dry-run"),
      "(dry-run) three v1.0.0\n(dry-run) two v1.0.0\n(dry-run) one v1.2.0\n",
    );
  }));

const refused: readonly (readonly [line: string, fault: RegExp])[] = [
  ["install", /^Error: specify policy name\(s\) or use --bundle to install a bundle\n1$/],
  ["install one -o yaml", /^Error: invalid output format: yaml \(must be table or json\)\n1$/],
  [
    "install one --enforcement-action scoped",
    /^Error: 'scoped' enforcement action is not supported in this release\n1$/,
  ],
  [
    "install nothing --dry-run",
    /^✗ nothing - failed: policy not found: nothing\n\nRe-run .*\nError: installation incomplete: 0 of 1 policies installed\n4$/,
  ],
  ["install one", /^Error: kubeconfig .*no-kubeconfig: no such file or directory/],
  ["search", /^Error: accepts 1 arg\(s\), received 0\n1$/],
  ["upgrade", /^Error: specify policy name\(s\), use --bundle, or use --all to upgrade all policies\n1$/],
  ["generate-catalog --library-path /nowhere", /^Scanning|^Error: library path does not exist: \/nowhere\n1$/],
];

for (const [line, fault] of refused)
  test(`gator policy ${line} is refused`, () =>
    withLibrary(async (bed) => {
      await publish(bed);
      assert.match(await bed.gator(...line.split(" ")), fault);
    }));

test("gator policy: a catalog may not lead elsewhere, nor come in the clear", () =>
  withLibrary(async (bed) => {
    await publish(bed);
    const file = join(bed.folder, "catalog.yaml");
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace("library/general/one/template.yaml", "library/%2e%2e/secret.yaml"));
    await bed.gator("update");
    assert.match(
      await bed.gator("install", "one", "--dry-run"),
      /✗ one - failed: content path contains path traversal: /,
    );
    const clear = await runIn({ ...bed.env, GATOR_CATALOG_URL: "http://127.0.0.1:1/c.yaml" }, "policy", "update");
    assert.match(clear.err, /plain HTTP is not allowed for security reasons; use HTTPS or set --insecure/);
  }));

test("gator policy: a catalog without an end is read no further than its bound", () =>
  withLibrary(async (bed) => {
    let written = 0;
    const server = createServer((_, response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65536, "#"))) written += 65536;
      };
      response.on("drain", more);
      more();
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const { port } = server.address() as AddressInfo;
    const env = { ...bed.env, GATOR_CATALOG_URL: `http://127.0.0.1:${port}/c.yaml` };
    const { status, err } = await runIn(env, "policy", "update", "--insecure");
    server.closeAllConnections();
    server.close();
    assert.equal(status, 1);
    assert.match(err, /Error: fetching http:\S+c\.yaml: longer than 16777216 bytes\n$/);
    assert.ok(written < 64 * 1024 * 1024, `${written} bytes`);
  }));

test("gator policy: policies come into a cluster, are upgraded, and go", () =>
  withGatekeeper(async ({ gatehouse, apply, get }) => {
    await withLibrary(
      async (bed) => {
        await publish(bed);
        assert.equal(await bed.gator("list"), "No policies installed.\n");
        assert.equal(
          await bed.gator("install", "--bundle", "set-strict", "--enforcement-action", "warn", "one"),
          "✓ three (v1.0.0) installed\n✓ two (v1.0.0) installed\n✓ one (v1.2.0) installed\n\n✓ Installed 3 templates, 1 constraints\n",
        );
        const place = "/apis/constraints.gatekeeper.sh/v1beta1/two/two-strict";
        assert.equal((await get(place))["spec"].enforcementAction, "warn");
        assert.equal(await bed.gator("install", "one"), "- one (already installed at same version)\n");
        const listed = await bed.gator("list");
        assert.match(
          listed,
          /^NAME +VERSION +BUNDLE +INSTALLED\none +v1\.2\.0 +- +\d{4}-\d\d-\d\d\nthree +v1\.0\.0 +set-strict /,
        );
        bed.write("general/one/template.yaml", template("One", 'metadata.gatekeeper.sh/version: "1.3.0"'));
        bed.write(
          "pod-security-policy/two/template.yaml",
          template("Two", 'metadata.gatekeeper.sh/version: "2.0.0", metadata.gatekeeper.sh/bundle: "set-strict"'),
        );
        assert.match(
          await publish(bed),
          /2 policies have updates available:\n {2}one {2}v1\.2\.0 → v1\.3\.0\n {2}two /,
        );
        assert.equal(
          await bed.gator("upgrade", "--all", "--dry-run"),
          "==> Would upgrade 2 policies:\none v1.2.0 -> v1.3.0\ntwo v1.0.0 -> v2.0.0\n- three (already at latest version)\n",
        );
        assert.equal(
          await bed.gator("upgrade", "--all"),
          "✓ one upgraded (v1.2.0 → v1.3.0)\n✓ two upgraded (v1.0.0 → v2.0.0)\n- three (already at latest version)\n",
        );
        // What somebody chose to enforce stays.
        assert.equal((await get(place))["spec"].enforcementAction, "warn");
        assert.equal(
          await bed.gator("upgrade", "one", "four"),
          "- one (already at latest version)\n- four (not installed)\n\nAll policies are up to date.\n",
        );
        assert.equal(await apply(template("Own", "a: b")), "created");
        assert.equal(
          await bed.gator("uninstall", "one", "four", "own"),
          "✓ one uninstalled\n- four (not found)\n✗ own - not managed by gator\nError: uninstall failed: some policies are not managed by gator\n3",
        );
        const { policies } = JSON.parse(await bed.gator("list", "-o", "json"));
        assert.deepEqual(
          policies.map(({ name, version, bundle }: { [field: string]: string }) => [name, version, bundle]),
          [
            ["three", "v1.0.0", "set-strict"],
            ["two", "v2.0.0", "set-strict"],
          ],
        );
      },
      { KUBECONFIG: gatehouse.kubeconfigFile },
    );
  }));

test("gator policy answers as gator does", { skip }, () =>
  withLibrary(async (bed) => {
    const theirs = (...words: readonly string[]) => {
      const { stdout, stderr, status } = spawnSync(gator ?? "", ["policy", ...words], {
        encoding: "utf8",
        env: { ...process.env, ...bed.env },
      });
      return status === 0 ? stdout : `${stdout}${stderr.trim().split("\n").at(-1)}\n${status}`;
    };
    const catalogs = ["ours.yaml", "theirs.yaml"].map((name) => join(bed.folder, name));
    const words = (file: string) => [
      "generate-catalog",
      "--library-path",
      bed.folder,
      "--base-url",
      "https://x/",
      "-o",
      file,
    ];
    await bed.gator(...words(catalogs[0] as string));
    theirs(...words(catalogs[1] as string));
    const [own, other] = catalogs.map((file) => {
      const { metadata, ...rest } = parse(readFileSync(file, "utf8"));
      return { ...rest, metadata: { ...metadata, updatedAt: "" } };
    });
    assert.deepEqual(own, other);
    await publish(bed);
    for (const line of [
      "search labels",
      "search labels --bundle set-strict",
      "search nothing",
      "search nothing -o json",
      "search o -o json",
      "search o --category pod-security",
      "install --bundle set-strict one --dry-run",
      "install --bundle set-strict one --dry-run -o json",
      "update -o json",
    ])
      assert.equal(await bed.gator(...line.split(" ")), theirs(...line.split(" ")), line);
  }),
);
