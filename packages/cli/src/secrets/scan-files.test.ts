import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { InputError } from "../manifests.ts";
import { type ScanSettings, scanFiles } from "./scan-files.ts";
import { scanOutputs } from "./scan-outputs.ts";

const folder = mkdtempSync(join(tmpdir(), "sallyport-scan-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const canary = "harbor-lantern9";
const manifest = `apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers:
    - name: a
      env: [{name: DB_PASSWORD, value: ${canary}}, {name: B_PASSWORD, value: changeme}]
`;

function file(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text);
  return path;
}

const settings: ScanSettings = { minConfidence: "medium", includeSecrets: false, exclude: [] };
const scan = (paths: readonly string[], changes: Partial<ScanSettings> = {}) =>
  scanFiles(paths, { ...settings, ...changes });

test("secrets scan: folders without what is not one's own, and without what is excluded", () => {
  const tree = join(folder, "tree");
  for (const name of ["a.yaml", "b/.env", "node_modules/c.yaml", ".git/d.yaml", "b/e/f.yaml", "picture.png"])
    file(`tree/${name}`, `password: ${canary}\n`);
  const files = ({ findings }: ReturnType<typeof scan>) => findings.map((each) => each.file.slice(tree.length + 1));
  assert.deepEqual(files(scan([tree])), ["a.yaml", "b/.env", "b/e/f.yaml"]);
  assert.deepEqual(files(scan([tree], { exclude: [`${tree}/b/e/`] })), ["a.yaml", "b/.env"]);
  assert.deepEqual(files(scan([join(tree, "picture.png")])), ["picture.png"]);
});

test("secrets scan: what is known, and what is less sure, is counted and not shown", () => {
  const pod = file("pod.yaml", manifest);
  const first = scan([pod]);
  assert.deepEqual([first.findings.length, first.below, first.known], [1, 1, 0]);
  const baseline = file("baseline", (scanOutputs["baseline"] as (typeof scanOutputs)[string])(first, "medium"));
  const second = scan([pod], { baseline });
  assert.deepEqual([second.findings.length, second.below, second.known], [0, 1, 1]);
  assert.equal(scan([pod], { minConfidence: "low" }).findings.length, 2);
  const salted = scan([pod], { saltFile: file("salt", "0123456789abcdef\n") });
  assert.notEqual(salted.findings[0]?.fingerprint, first.findings[0]?.fingerprint);
});

const outputs: { readonly [name: string]: RegExp } = {
  text: /pod\.yaml:7 {2}Pod shop\/web spec\.containers\[0\]\.env\[0\]\.value\n {2}medium {2}a password by its name: … {2}named-password [0-9a-f]{16}\n1 file: 1 medium; 1 below medium \(--min-confidence info shows all\)\n$/,
  table:
    /\nmedium {6}\S+pod\.yaml:7 {2}Pod shop\/web {2}spec\.containers\[0\]\.env\[0\]\.value {2}named-password {2}… {6}[0-9a-f]{16}\n1 file/,
  github:
    /^::error file=\S+pod\.yaml,line=7,title=named-password::a password by its name, of medium confidence, in Pod shop\/web spec\.\S+: … \(fingerprint [0-9a-f]{16}\)\n1 file/,
  baseline: /^[0-9a-f]{16} # named-password \S+pod\.yaml spec\.containers\[0\]\.env\[0\]\.value\n$/,
  json: /"masked": "…",\n\s+"fingerprint": "[0-9a-f]{16}"/,
  sarif:
    /"ruleId": "named-password",[\s\S]*"level": "error",[\s\S]*"startLine": 7[\s\S]*"secretFingerprint\/v1": "[0-9a-f]{16}"/,
};

test("secrets scan: each output is tested", () =>
  assert.deepEqual(Object.keys(outputs).sort(), Object.keys(scanOutputs).sort()));

for (const [name, expected] of Object.entries(outputs))
  test(`secrets scan: -o ${name}`, () => {
    const text = (scanOutputs[name] as (typeof scanOutputs)[string])(scan([file("pod.yaml", manifest)]), "medium");
    assert.match(text, expected);
    assert.ok(!text.includes(canary.slice(0, 6)), text);
  });

const faults: { readonly [message: string]: () => unknown } = {
  "/none.yaml: no such file or directory": () => scan([join(folder, "none.yaml")]),
  "--baseline /bad:2: expected a fingerprint of 16 hexadecimal digits": () =>
    scan([folder], { baseline: file("bad", `# known\n${canary}\n`) }),
  "--rules /rules.yaml: rules[0].pattern: expected a regular expression of RE2": () =>
    scan([folder], { rules: file("rules.yaml", `rules: [{id: a, pattern: [${canary}]}]`) }),
  "--salt-file /short: expected at least 16 characters": () => scan([folder], { saltFile: file("short", "salt") }),
};

for (const [message, act] of Object.entries(faults))
  test(`secrets scan: ${message}`, () =>
    assert.throws(act, (error: Error) => {
      assert.ok(error instanceof InputError);
      assert.equal(error.message.replace(folder, ""), message);
      return true;
    }));
