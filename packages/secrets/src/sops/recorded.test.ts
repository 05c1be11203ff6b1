import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { parseAllDocuments } from "yaml";
import { creationRuleFor } from "./creation-rules.ts";
import { identitiesOf } from "./data-key.ts";
import { openSops, type SopsFormat, sealSops, sopsFormatOf } from "./sops-file.ts";

// testdata/sops: what sops 3.13 made of files in clear, and of those again.
const folder = new URL("../../testdata/sops/", import.meta.url);
const read = (name: string) => readFileSync(new URL(name, folder), "utf8");
const identities = identitiesOf(read("key.txt"));
const recipient = /age1\w+/.exec(read("key.txt"))?.[0] as string;

/** Meaning, not layout: sops indents by four, and rewrites numbers that have an exponent. */
function meaning(text: string, format: SopsFormat): unknown {
  if (format === "dotenv") return text.split("\n").filter(Boolean);
  return parseAllDocuments(text).map((document) => document.toJS());
}

const comments = (text: string) => [...text.matchAll(/^\s*#(.*)$|\s#(.*)$/gm)].map(([line]) => line.trim()).sort();

const recorded = [
  "all.yaml",
  "all.json",
  "all.env",
  "regex.yaml",
  "mac-only.yaml",
  "suffix.yaml",
  "comment-regex.yaml",
  "uncomment-regex.yaml",
];

for (const name of recorded)
  test(`sops: opens what sops sealed: ${name}`, async () => {
    const format = sopsFormatOf(name) as SopsFormat;
    const [base, extension] = name.split(".");
    const opened = await openSops(read(`${base}.enc.${extension}`), format, identities);
    const expected = read(`${base}.dec.${extension}`);
    assert.deepEqual(meaning(opened, format), meaning(expected, format));
    // One comment of all.yaml stands so that sops itself does not find it again.
    if (name !== "all.yaml") assert.deepEqual(comments(opened), comments(expected));
    else assert.doesNotMatch(opened, /ENC\[/);
  });

const sops = process.env["SALLYPORT_SOPS"];
const options = { skip: sops === undefined && "no sops: SALLYPORT_SOPS names one" };
const scratch = mkdtempSync(join(tmpdir(), "sallyport-sops-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

for (const name of ["all.yaml", "all.json", "all.env", "secret.yaml", "comments.yaml"])
  test(`sops: sops opens what was sealed here: ${name}`, options, async () => {
    const format = sopsFormatOf(name) as SopsFormat;
    const file = join(scratch, name);
    writeFileSync(file, await sealSops(read(name), format, { recipients: [recipient], now: new Date() }));
    const env = { ...process.env, SOPS_AGE_KEY: identities.join("\n") };
    const { stdout, stderr, status } = spawnSync(sops as string, ["decrypt", file], { env, encoding: "utf8" });
    assert.equal(status, 0, stderr);
    assert.deepEqual(
      meaning(stdout, format),
      meaning(await openSops(readFileSync(file, "utf8"), format, identities), format),
    );
    assert.doesNotMatch(stdout, /ENC\[/);
  });

test("sops: sops opens what was sealed here by each rule of a .sops.yaml", options, async () => {
  const rules = [
    "encrypted_regex: ^(data|stringData)$",
    "unencrypted_regex: ^metadata$",
    "encrypted_suffix: rl",
    "unencrypted_suffix: rl",
    "encrypted_comment_regex: why",
    "unencrypted_comment_regex: why",
    "mac_only_encrypted: true",
  ];
  for (const rule of rules) {
    const config = `creation_rules:\n  - path_regex: .*\n    age: ${recipient}\n    ${rule}\n`;
    const { recipients, selection, macOnlyEncrypted } = creationRuleFor(config, "a.yaml") as NonNullable<
      ReturnType<typeof creationRuleFor>
    >;
    const sealed = await sealSops(read("secret.yaml"), "yaml", {
      recipients,
      macOnlyEncrypted,
      now: new Date(),
      ...(selection === undefined ? {} : { selection }),
    });
    const file = join(scratch, "rule.yaml");
    writeFileSync(file, sealed);
    const env = { ...process.env, SOPS_AGE_KEY: identities.join("\n") };
    const { stdout, stderr, status } = spawnSync(sops as string, ["decrypt", file], { env, encoding: "utf8" });
    assert.equal(status, 0, `${rule}: ${stderr}`);
    assert.deepEqual(meaning(stdout, "yaml"), meaning(read("secret.yaml"), "yaml"), rule);
    assert.match(
      sealed,
      rule.startsWith("mac") ? /mac_only_encrypted: true/ : new RegExp(rule.split(":")[0] as string),
    );
  }
});
