import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { createFingerprint } from "./fingerprint.ts";
import { Draw, secretKinds } from "./labelled-values.fixture.ts";
import { scanText } from "./scan.ts";
import { parseUserRules, RulesError } from "./user-rules.ts";

const draw = new Draw("scan.test.ts");
const value = (kind: string) => (secretKinds[kind] as (draw: Draw) => string)(draw);
const github = value("github-token");
const random = value("random-token");
const key = value("private-key");
const base64 = (text: string | Buffer) => Buffer.from(text).toString("base64");
const indented = (text: string, by: number) => text.replace(/^/gm, " ".repeat(by));

/** `confidence rule line path` of each finding. */
function told(text: string, file = "a.yaml", options = {}): readonly string[] {
  const fingerprint = () => "";
  return scanText(file, text, { fingerprint, ...options }).map(({ confidence, rule, line, path }) =>
    `${confidence} ${rule} ${line} ${path}`.trim(),
  );
}

const pod = (container: string) =>
  `apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - name: a\n${indented(container, 6)}\n`;
const secret = (fields: string) => `apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n${fields}\n`;
const release = base64(base64(gzipSync(JSON.stringify({ config: { api: { password: "harbor-lantern-9!" } } }))));

const cases: { readonly [name: string]: readonly [text: string, expected: readonly string[]] } = {
  "a variable": [
    pod(`env:\n  - name: DB_PASSWORD\n    value: harbor-lantern9`),
    ["medium named-password 8 spec.containers[0].env[0].value"],
  ],
  "a token whatever its name": [
    pod(`env: [{name: A, value: ${github}}]`),
    ["high github-token 6 spec.containers[0].env[0].value"],
  ],
  "a token with a wrong checksum is made up": [
    pod(`env: [{name: A, value: ${github.slice(0, -1)}${github.endsWith("0") ? "1" : "0"}}]`),
    ["low random-text 6 spec.containers[0].env[0].value"],
  ],
  "an argument and its flag": [
    pod(`args: [--api-token, ${random}]`),
    ["high named-secret 6 spec.containers[0].args[1]"],
  ],
  "a flag with its value": [
    pod(`command: [a, --password=harbor-lantern9]`),
    ["medium named-password 6 spec.containers[0].command[1] > password"],
  ],
  "a line of a script": [
    pod(`args:\n  - |\n    set -e\n    export TOKEN=${random}\n    run`),
    ["high named-secret 9 spec.containers[0].args[0] > TOKEN"],
  ],
  "a header of a probe": [
    pod(`livenessProbe: {httpGet: {httpHeaders: [{name: Authorization, value: "Bearer ${random}"}]}}`),
    ["high bearer-token 6 spec.containers[0].livenessProbe.httpGet.httpHeaders[0].value"],
  ],
  "kubectl's copy of a Secret": [
    secret(
      `annotations: {kubectl.kubernetes.io/last-applied-configuration: '{"apiVersion":"v1","kind":"Secret","data":{"p":"${base64(random)}"}}'}`,
    ),
    ["info named-secret 4 annotations[kubectl.kubernetes.io/last-applied-configuration] > data.p"],
  ],
  "a Secret's own data": [
    secret(`data: {password: ${base64("harbor-lantern9")}}\nstringData: {token: ${random}}`),
    ["info named-password 4 data.password", "info named-secret 5 stringData.token"],
  ],
  "a release of Helm's": [
    secret(`type: helm.sh/release.v1\ndata: {release: ${release}}`),
    ["info named-password 5 data.release > config.api.password"],
  ],
  "a key in a ConfigMap": [
    `apiVersion: v1\nkind: ConfigMap\ndata:\n  tls.key: |\n${indented(key, 4)}\n`,
    ["high private-key 5 data[tls.key]"],
  ],
  ".env in a ConfigMap": [
    `apiVersion: v1\nkind: ConfigMap\ndata:\n  .env: |\n    A=1\n    DB_PASSWORD=harbor-lantern9\n`,
    ["medium named-password 6 data[.env] > DB_PASSWORD"],
  ],
  "YAML in YAML": [
    `apiVersion: v1\nkind: ConfigMap\ndata:\n  app.yml: |\n    db:\n      password: harbor-lantern9\n`,
    ["medium named-password 6 data[app.yml] > db.password"],
  ],
  "an item of a List": [
    `apiVersion: v1\nkind: List\nitems:\n  - {apiVersion: v1, kind: ConfigMap, data: {token: ${random}}}\n`,
    ["high named-secret 4 data.token"],
  ],
  "what is drawn at random as a whole, and has a name within": [
    pod(`args: ["--s3-secret-key=cbTY3kSec32sxb/KKDFUuvk/7CyxFf+KFnQFMd1D"]`),
    ["high named-secret 6 spec.containers[0].args[0] > s3-secret-key"],
  ],
  "a client of MySQL": [
    pod(`command: [mysqladmin, ping, -uroot, -pharbor-lantern9]`),
    ["medium named-password 6 spec.containers[0].command[3] > -p"],
  ],
  "-p of something else": [pod(`command: [ssh, -l, root, -pharbor-lantern9]`), []],
  "redis with a password": [
    pod(`command: [redis-server, --requirepass, harbor-lantern9]`),
    ["medium named-password 6 spec.containers[0].command[2]"],
  ],
  "a line of htpasswd": [
    `harbor:\n  htpasswdPassword: "shop:$2y$10$9L4Tc0DJbFFMB6RdSCunrOpTHdwhid4ktBJmLD00bYgqkkGOvll3m"\n`,
    ["low named-password 2 harbor.htpasswdPassword"],
  ],
  "values of a chart": [`db:\n  auth: {password: harbor-lantern9}\n`, ["medium named-password 2 db.auth.password"]],
  "a comment": [
    `a: 1\n# was ${github}\nb: 2 # token: ${random}\n`,
    ["high github-token 2", "high named-secret 3 token"],
  ],
  "a URL with a password": ["a: postgres://shop:harbor9@db/shop\n", ["high connection-string 1 a"]],
  "a default within a reference": [`token: \${TOKEN:-${random}}\n`, ["high named-secret 1 token"]],
  "a number that is a password": ["password: 82736455\ntokens: 4096\n", ["medium named-password 1 password"]],
  "the hash of a password": [
    "adminPassword: $2a$10$rRyBsGSHK6.uc8fntPwVIuLVHgsAhAX7TcdrqW/RADU0uh7CaChLa\n",
    ["low named-password 1 adminPassword"],
  ],
  placeholders: [
    "password: changeme\ntoken: <your-token>\nsecret: xxxxxxxx\n",
    ["low named-password 1 password", "low named-secret 2 token", "low named-secret 3 secret"],
  ],
  "random text without a name": [`a: ${random}\n`, ["low random-text 1 a"]],
  "a template that is no YAML": [
    `{{- if .Values.a }}\n- name: API_TOKEN\n  value: "${random}"\n- name: B_TOKEN\n  value: {{ .Values.b }}\n{{- end }}\n`,
    ["high named-secret 3 API_TOKEN"],
  ],
  "the same value twice": [`a: ${github}\nb: ${github}\n`, ["high github-token 1 a", "high github-token 2 b"]],
  "an alias": [`a: &a {password: harbor-lantern9}\nb: *a\n`, ["medium named-password 1 a.password"]],
};

for (const [name, [text, expected]] of Object.entries(cases))
  test(`scan: ${name}`, () => assert.deepEqual(told(text), expected));

const nothing: readonly string[] = [
  "password: $(DB_PASSWORD)",
  "password: $DB_PASSWORD",
  `password: \${DB_PASSWORD}`,
  "password: '{{ .Values.password }}'",
  "password: vault:secret/data/db#password",
  `password: ENC[AES256_GCM,data:${random},iv:${random},tag:${random},type:str]`,
  `{apiVersion: bitnami.com/v1alpha1, kind: SealedSecret, spec: {encryptedData: {password: ${random}}}}`,
  `checksum/secret: ${value("long-hex-key")}`,
  `image: a@sha256:${value("long-hex-key")}`,
  "secretName: shop-db-9f8e7d6c",
  "tokenURL: https://example.com/oauth/token",
  "passwordFile: /run/secrets/db",
  "maxTokens: 4096",
  "passwordPolicy: length(12) and digits(1)",
  "url: postgres://shop:$(DB_PASSWORD)@db/shop",
  "url: https://example.com:8080/a@b",
  "valueFrom: {secretKeyRef: {name: db-credentials-7, key: password}}",
];

for (const text of nothing) test(`scan: nothing in ${text.slice(0, 70)}`, () => assert.deepEqual(told(text), []));

test("scan: a Secret's data as all else, where asked for", () =>
  assert.deepEqual(
    told(secret(`stringData: {password: harbor-lantern9, token: changeme}`), "a.yaml", { includeSecrets: true }),
    ["medium named-password 4 stringData.password", "low named-secret 4 stringData.token"],
  ));

const lines: readonly string[] = [
  `api_token: ${random}`,
  `"apiToken": "${random}",`,
  `String apiToken = "${random}";`,
  `apiToken := \`${random}\``,
  `$apiToken .= "${random}"`,
  `API_TOKEN ?= ${random}`,
  `  "apiToken" => "${random}"`,
  `System.setProperty("API_TOKEN", "${random}")`,
  `<apiToken>\n    ${random}\n</apiToken>`,
  `<user apiToken="${random}"/>`,
  `run --api-token ${random}`,
  `kubectl create secret generic a --from-literal=apiToken=${random}`,
];

for (const line of lines)
  test(`scan: in a text: ${line.replace(random, "…").replaceAll("\n", " ")}`, () =>
    assert.deepEqual(
      scanText("a.txt", `${line}\n`, { fingerprint: (found) => found }).map((each) => [
        each.confidence,
        each.fingerprint,
      ]),
      [["high", random]],
    ));

test("scan: other files line by line", () =>
  assert.deepEqual(told(`A=1\nexport API_TOKEN="${random}"\n`, ".env"), ["high named-secret 2 API_TOKEN"]));

test("scan: documents that go too deep, and much of anything, end in time", () => {
  const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
  assert.deepEqual(told(deep), []);
  for (const text of [
    "a".repeat(500_000),
    "${a".repeat(50_000),
    "postgres://a:".repeat(20_000),
    "eyJ".repeat(100_000),
    "--a ".repeat(50_000),
    "password=".repeat(50_000),
    `x: ${"a=b;".repeat(50_000)}`,
  ])
    told(text, "a.txt");
});

test("fingerprints: of the same value the same, of another salt another", () => {
  const fingerprint = createFingerprint();
  assert.match(fingerprint("a"), /^[0-9a-f]{16}$/);
  assert.equal(fingerprint("a"), createFingerprint()("a"));
  assert.notEqual(fingerprint("a"), fingerprint("b"));
  assert.notEqual(fingerprint("a"), createFingerprint("another salt of mine")("a"));
});

test("rules of users: patterns, names, groups, and what is allowed", () => {
  const rules = parseUserRules(`
rules:
  - {id: acme, description: an ACME token, pattern: 'acme-([a-z]{8})', confidence: medium}
  - {id: pin, pattern: '^[0-9]{4}$', names: '(?i)pin$'}
allow: ['^harbor']
`);
  assert.deepEqual(
    told("a: acme-abcdefgh\ndoorPin: '4711'\nb: '4711'\npassword: harbor-lantern9\n", "a.yaml", { rules }),
    ["medium acme 1 a", "high pin 2 doorPin"],
  );
});

const badRules: { readonly [text: string]: string } = {
  "[]": "expected a map with rules, and allow",
  "{rules: [": "Flow sequence in block collection must be sufficiently indented and end with a ] at line 1, column 10",
  "{rules: [], rules: []}": "Map keys must be unique at line 1, column 13",
  "{rule: []}": "rule: unknown; expected rules, and allow",
  "{rules: {}}": "rules: expected a list",
  "{rules: [{id: a b, pattern: c}]}": 'rules[0].id: expected a name of letters, digits, "-", "." and "_"',
  "{rules: [{id: a}]}": "rules[0].pattern: expected a regular expression of RE2",
  "{rules: [{id: a, pattern: a, confidence: sure}]}": "rules[0].confidence: expected info, low, medium, high",
  "{rules: [{id: a, pattern: '('}]}": "rules[0].pattern: error parsing regexp: missing closing ): `(`",
  "{allow: ['(?=a)']}": "allow[0]: error parsing regexp: invalid or unsupported Perl syntax: `(?=`",
};

for (const [text, message] of Object.entries(badRules))
  test(`rules of users: ${text}`, () => assert.throws(() => parseUserRules(text), new RulesError(message)));
