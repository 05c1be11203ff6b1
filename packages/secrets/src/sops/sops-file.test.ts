import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { creationRuleFor } from "./creation-rules.ts";
import { identitiesOf } from "./data-key.ts";
import { SopsError } from "./sops-error.ts";
import { openSops, type SealingOptions, type SopsFormat, sealSops } from "./sops-file.ts";

const { generateX25519Identity, identityToRecipient } = await import("age-encryption");
const [identity, other] = [await generateX25519Identity(), await generateX25519Identity()];
const recipient = await identityToRecipient(identity);
const options: SealingOptions = { recipients: [recipient], now: new Date("2026-01-02T03:04:05.678Z") };
const seal = (text: string, format: SopsFormat = "yaml", changes: Partial<SealingOptions> = {}) =>
  sealSops(text, format, { ...options, ...changes });
const open = (text: string, format: SopsFormat = "yaml") => openSops(text, format, [identity]);

const canary = "canary-51d3";

test("sops: what is sealed opens to the same text, with its comments", async () => {
  const text = `# ${canary} 1\na: ${canary} # ${canary} 2\nlist:\n  # ${canary} 3\n  - 1\n  - "1.0"\n  # ${canary} 4\nz_unencrypted: b\n# end\n`;
  const sealed = await seal(text);
  assert.doesNotMatch(sealed, new RegExp(canary));
  assert.match(sealed, /z_unencrypted: b\n[\s\S]*lastmodified: "2026-01-02T03:04:05Z"/);
  assert.equal(await open(sealed), text);
});

const texts: readonly string[] = [
  'a: "yes"\nb: "1"\nc: "null"\nd: "2026-01-02"\ne: ""\nf: "~"\n',
  "a: true\nb: 1\nc: null\nd: 2026-01-02T00:00:00Z\ne: -1.5\n",
  "a: |\n  one\n  two\nb: { c: [ d, { e: f } ] }\n",
  "a: 1\n---\nb: 2\n",
];

for (const text of texts)
  test(`sops: ${JSON.stringify(text)} comes back`, async () => assert.equal(await open(await seal(text)), text));

test("sops: any JSON comes back", () =>
  fc.assert(
    fc.asyncProperty(
      fc.dictionary(
        fc.string({ minLength: 1 }).filter((key) => key !== "sops" && key !== "__proto__"),
        fc.jsonValue({ maxDepth: 3 }),
      ),
      async (value) => {
        const text = JSON.stringify(value);
        // Whole numbers beyond 64 bits are refused.
        fc.pre(!/\d{19}/.test(text));
        assert.deepEqual(JSON.parse(await open(await seal(text, "json"), "json")), JSON.parse(text));
      },
    ),
    { numRuns: 30 },
  ));

test("sops: NAME=value comes back, and each value alone is sealed", async () => {
  const text = `#c\nA=${canary}\nB=\nC=a\\nb\nD=1=2 # x\n`;
  const sealed = await seal(text, "dotenv");
  assert.match(
    sealed,
    /^#ENC\[.*\nA=ENC\[.*\nB=\nC=ENC\[.*\nD=ENC\[[\s\S]*\nsops_age__list_0__map_enc=-----BEGIN AGE ENCRYPTED FILE-----\\n/,
  );
  assert.equal(await open(sealed, "dotenv"), text);
});

const value = /ENC\[AES256_GCM,data:([^,]*)/;

/** What becomes of a sealed file before it is opened, and what is said. */
const tampered: readonly (readonly [name: string, change: (sealed: string) => string, message: RegExp])[] = [
  ["a value that was changed", (text) => text.replace(value, "ENC[AES256_GCM,data:AAAA"), /^a: it does not open/],
  [
    "two values exchanged",
    (text) => text.replace("a: ENC", "x: ENC").replace("b: ENC", "a: ENC").replace("x: ENC", "b: ENC"),
    /^b: it does not open/,
  ],
  [
    "a value in clear",
    (text) => text.replace(/a: ENC.*/, `a: ${canary}`),
    /^a: expected ENC\[AES256_GCM,…\], found a value in clear$/,
  ],
  [
    "a number in clear",
    (text) => text.replace(/a: ENC.*/, "a: 4711"),
    /^a: expected ENC\[AES256_GCM,…\], found a value in clear$/,
  ],
  ["a value taken away", (text) => text.replace(/a: ENC.*\n/, ""), /^the MAC is another one: values were added/],
  [
    "a value in clear that was changed",
    (text) => text.replace("c_unencrypted: 1", "c_unencrypted: 2"),
    /^the MAC is another one/,
  ],
  ["another time", (text) => text.replace("2026-01-02T", "2026-01-03T"), /^sops\.mac: it does not open/],
  ["no mac", (text) => text.replace(/\n {2}mac: .*/, ""), /^sops\.mac: expected a text$/],
  ["a type that is none", (text) => text.replace(/type:str\]/, "type:map]"), /^a: unknown type map$/],
  ["a short tag", (text) => text.replace(/tag:[^,]*/, "tag:AAAA"), /^a: its tag is cut off$/],
  [
    "two rules",
    (text) => text.replace("  unencrypted_suffix", "  encrypted_regex: a\n  unencrypted_suffix"),
    /^unencrypted_suffix and encrypted_regex: only one of them can be$/,
  ],
  [
    "a damaged data key",
    (text) => text.replace(/(AGE ENCRYPTED FILE-----\n\s*)\w{4}/, "$1AAAA"),
    /^no key of age opens it: it is sealed for age1\w+$/,
  ],
  [
    "groups of keys",
    (text) => text.replace("sops:\n", "sops:\n  key_groups: []\n"),
    /^sops\.key_groups: a data key in parts/,
  ],
  ["no metadata", (text) => text.slice(0, text.indexOf("sops:")), /^it is not sealed: it has no metadata of sops$/],
  ["no YAML", (text) => `a: [${canary}\n${text}`, /^\d+:\d+: no valid YAML$/],
];

for (const [name, change, message] of tampered)
  test(`sops: ${name}`, async () => {
    const sealed = await seal(`a: ${canary}\nb: ${canary}\nc_unencrypted: 1\n`);
    const changed = change(sealed);
    assert.notEqual(changed, sealed);
    await assert.rejects(open(changed), (error: Error) => {
      assert.ok(error instanceof SopsError, String(error.stack));
      assert.match(error.message, message);
      assert.ok(!error.message.includes(canary) && !error.message.includes("4711"));
      return true;
    });
  });

test("sops: with a MAC over the sealed values alone, others may change", async () => {
  const sealed = await seal("a: b\nc_unencrypted: 1\n", "yaml", { macOnlyEncrypted: true });
  assert.equal(await open(sealed.replace("c_unencrypted: 1", "c_unencrypted: 2")), "a: b\nc_unencrypted: 2\n");
});

const refused: readonly (readonly [text: string, format: SopsFormat, message: RegExp])[] = [
  [`- ${canary}\n`, "yaml", /^expected a map at the top: sops takes nothing else$/],
  ["", "yaml", /^it is empty$/],
  [`{"a": ${canary}`, "json", /^no valid JSON$/],
  [`a: &x ${canary}\nb: *x\n`, "yaml", /^b: an alias: write the value out, as sops would$/],
  [`a: {1: ${canary}}\n`, "yaml", /^a\.1: a key that is no text: quote it$/],
  ["a: 18446744073709551615\n", "yaml", /^a: a number larger than sops takes: quote it$/],
  [`a: ${canary}\na: b\n`, "yaml", /^2:1: a key stands twice$/],
  [`A=b\n${canary}\n`, "dotenv", /^line 2: expected NAME=value, or a comment$/],
  ["a: 1\nsops: {mac: a}\n", "yaml", /^it is sealed already: it has sops' metadata$/],
];

for (const [text, format, message] of refused)
  test(`sops: ${JSON.stringify(text)} is not sealed`, () =>
    assert.rejects(
      seal(text, format),
      (error: Error) => error instanceof SopsError && message.test(error.message) && !error.message.includes(canary),
    ));

test("sops: for whom, and with what", async () => {
  const sealed = await seal("a: b\n", "yaml", { recipients: [recipient, await identityToRecipient(other)] });
  for (const each of [identity, other]) assert.equal(await openSops(sealed, "yaml", [each]), "a: b\n");
  const theirs = await seal("a: b\n", "yaml", { recipients: [await identityToRecipient(other)] });
  await assert.rejects(open(theirs), {
    message: `no key of age opens it: it is sealed for ${await identityToRecipient(other)}`,
  });
  await assert.rejects(openSops(sealed, "yaml", [canary]), {
    message: "a key of age cannot be read: expected AGE-SECRET-KEY-1…",
  });
  await assert.rejects(seal("a: b\n", "yaml", { recipients: ["age1nobody"] }), {
    message: "age1nobody: expected a recipient of age, age1…",
  });
  await assert.rejects(seal("a: b\n", "yaml", { recipients: [identity] }), {
    message: "one that is none: expected a recipient of age, age1…",
  });
  await assert.rejects(seal("a: b\n", "yaml", { recipients: [] }), {
    message: "nobody to seal it for: name recipients of age",
  });
  assert.deepEqual(identitiesOf(`# created\n\n${identity}\n`), [identity]);
});

const rules = `
creation_rules:
  - {path_regex: 'prod/.*\\.yaml$', age: "age1a, age1b", encrypted_regex: ^data$}
  - {path_regex: pgp, pgp: ABC, age: age1a}
  - {path_regex: groups, key_groups: [{age: [age1c]}], mac_only_encrypted: true}
  - {path_regex: two, key_groups: [{age: [age1c]}, {age: [age1d]}]}
  - {path_regex: 'bad('}
`;

test("sops: the first creation rule that fits", () => {
  assert.deepEqual(creationRuleFor(rules, "prod/a.yaml"), {
    recipients: ["age1a", "age1b"],
    selection: { encrypted_regex: "^data$" },
    macOnlyEncrypted: false,
  });
  assert.deepEqual(creationRuleFor(rules, "groups"), { recipients: ["age1c"], macOnlyEncrypted: true });
  assert.equal(creationRuleFor("creation_rules: [{path_regex: a}]", "b"), undefined);
  assert.deepEqual(creationRuleFor("creation_rules: [{age: age1x}]", "b"), {
    recipients: ["age1x"],
    macOnlyEncrypted: false,
  });
});

const badRules: readonly (readonly [string, string, string])[] = [
  [rules, "pgp", "creation_rules[1].pgp: only sops itself seals for it; Sallyport does for age"],
  [rules, "two", "creation_rules[3].key_groups: a data key in parts of several groups, which only sops itself makes"],
  [rules, "else", "creation_rules[4].path_regex: error parsing regexp: missing closing ): `bad(`"],
  ["a: b", "else", "creation_rules: expected a list of maps"],
  ["creation_rules: [{age: [1]}]", "else", "creation_rules[0].age: expected recipients, age1…"],
];

for (const [config, path, message] of badRules)
  test(`sops: ${message}`, () => assert.throws(() => creationRuleFor(config, path), new SopsError(message)));
