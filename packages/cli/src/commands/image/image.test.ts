import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { nodeArguments } from "../../../../../scripts/node-arguments.ts";
import { goArchitecture } from "../../go-architecture.ts";
import { imageTable } from "./image.ts";

const folder = mkdtempSync(join(tmpdir(), "sallyport-image-command-"));
after(() => rmSync(folder, { recursive: true, force: true }));

function run(...line: readonly string[]): {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
} {
  return spawnSync(process.execPath, [...nodeArguments, "image", ...line], { cwd: folder, encoding: "utf8" });
}

/** An OCI image layout of one image with one empty layer. Answers the image's id. */
function writeLayout(name: string): string {
  const blobs = join(folder, "layout", "blobs", "sha256");
  mkdirSync(blobs, { recursive: true });
  const blob = (mediaType: string, bytes: Buffer) => {
    const hex = createHash("sha256").update(bytes).digest("hex");
    writeFileSync(join(blobs, hex), bytes);
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
  };
  const json = (content: object) => Buffer.from(JSON.stringify(content));
  const type = (kind: string) => `application/vnd.oci.image.${kind}`;
  const layer = blob(type("layer.v1.tar"), Buffer.alloc(1024));
  const rootfs = { type: "layers", diff_ids: [layer.digest] };
  const config = blob(
    type("config.v1+json"),
    json({ os: "linux", architecture: goArchitecture, config: { User: "app" }, rootfs }),
  );
  const manifest = blob(type("manifest.v1+json"), json({ schemaVersion: 2, config, layers: [layer] }));
  const annotations = { "org.opencontainers.image.ref.name": name };
  writeFileSync(join(folder, "layout", "oci-layout"), "{}");
  writeFileSync(join(folder, "layout", "index.json"), json({ manifests: [{ ...manifest, annotations }] }));
  return config.digest;
}

test("an archive's image is imported, listed and removed", () => {
  const id = writeLayout("app:1");
  const imported = run("import", "layout");
  assert.equal(imported.status, 0, imported.stderr);
  assert.match(imported.stdout, new RegExp(`^NAME +ID +SIZE\\ndocker.io/library/app:1  ${id}  0\\.0MB\\n$`));
  const listed = run("list", "--json");
  const [image] = JSON.parse(listed.stdout);
  assert.deepEqual([image.id, image.names, image.config], [id, ["docker.io/library/app:1"], { User: "app" }]);
  const removed = run("remove", "app:1");
  assert.deepEqual([removed.status, removed.stdout], [0, "NAME  ID  SIZE\n"]);
});

for (const [line, message] of [
  [["import", "nowhere"], "nowhere cannot be read: ENOENT"],
  [["import", "."], ". is no image: it has neither oci-layout and index.json, nor manifest.json"],
  [["remove", "nothing"], "no image is called nothing here"],
  [
    ["remove", "App"],
    'couldn\'t parse image name "App": invalid reference format: repository name (App) must be lowercase',
  ],
] as const)
  test(`image ${line.join(" ")}: one line, status 2`, () => {
    const { status, stdout, stderr } = run(...line);
    assert.deepEqual([status, stdout, stderr], [2, "", `sallyport: ${message}\n`]);
  });

test("images are listed by their names, those without one too", () => {
  const image = { config: {}, rootfs: "/r", sizeBytes: 2_130_146 };
  const listed = imageTable([
    { ...image, id: "sha256:2", names: ["b:1", "a:1"] },
    { ...image, id: "sha256:1", names: [] },
  ]);
  assert.equal(listed, "NAME  ID        SIZE\n-     sha256:1  2.1MB\na:1   sha256:2  2.1MB\nb:1   sha256:2  2.1MB\n");
});
