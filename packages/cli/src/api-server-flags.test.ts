import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Command } from "commander";
import { type ApiServerFlags, addApiServerOptions, apiServerOptions } from "./api-server-flags.ts";
import { UsageError } from "./errors.ts";

const folder = mkdtempSync(join(tmpdir(), "sallyport-flags-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function parsed(...args: readonly string[]) {
  const command = addApiServerOptions(new Command());
  command.parse([...args], { from: "user" });
  return apiServerOptions(command.opts<ApiServerFlags>());
}

const tokens = file("tokens.csv", 'secret-a,ann,1,"dev,ops"\nsecret-b,bob,2\n');
const broken = file("broken.csv", "secret-only\n");
const webhook = file(
  "webhook.yaml",
  `apiVersion: v1
kind: Config
clusters: [{ name: c, cluster: { server: "https://hook.invalid/authorize" } }]
users: [{ name: u, user: { token: hidden } }]
contexts: [{ name: x, context: { cluster: c, user: u } }]
current-context: x
`,
);

const authentication = file(
  "authentication.yaml",
  `apiVersion: apiserver.config.k8s.io/v1
kind: AuthenticationConfiguration
jwt:
- issuer: { url: "https://issuer.invalid", audiences: [a] }
  claimMappings: { username: { expression: claims.sub } }
anonymous: { enabled: true, conditions: [{ path: /livez }] }
`,
);
const brokenAuthentication = file(
  "broken-authentication.yaml",
  "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt: [{ issuer: { url: https://a } }]\n",
);
const authorization = file(
  "authorization.yaml",
  `apiVersion: apiserver.config.k8s.io/v1
kind: AuthorizationConfiguration
authorizers:
- { type: Node, name: node }
- type: Webhook
  name: hook
  webhook:
    timeout: 3s
    authorizedTTL: 5m
    unauthorizedTTL: 30s
    subjectAccessReviewVersion: v1
    matchConditionSubjectAccessReviewVersion: v1
    failurePolicy: Deny
    connectionInfo: { type: KubeConfigFile, kubeConfigFile: ${webhook} }
    matchConditions: [{ expression: "request.user != 'a'" }]
`,
);
const policies = file(
  "abac.jsonl",
  '{"apiVersion":"abac.authorization.kubernetes.io/v1beta1","kind":"Policy","spec":{"user":"ann"}}\n',
);

const faults: readonly (readonly [message: RegExp, ...args: string[]])[] = [
  [
    /^--authorization-mode Foo: expected of ABAC, AlwaysAllow, AlwaysDeny, Node, RBAC, Webhook$/,
    "--authorization-mode=Foo",
  ],
  [/^--authorization-mode ABAC and --authorization-policy-file: one needs the other$/, "--authorization-mode=ABAC"],
  [
    /^--authorization-policy-file \S+tokens.csv:1: /,
    "--authorization-mode=ABAC",
    `--authorization-policy-file=${tokens}`,
  ],
  [
    /^--authorization-config: goes without --authorization-mode/,
    `--authorization-config=${authorization}`,
    "--authorization-mode=RBAC",
  ],
  [
    /^--authorization-config \S+: expected kind AuthorizationConfiguration of apiserver.config.k8s.io\/v1$/,
    `--authorization-config=${authentication}`,
  ],
  [
    /^--authentication-config \S+: \[jwt\[0\].issuer.audiences: Required value: at least one .*, jwt\[0\].claimMappings.username: Required/,
    `--authentication-config=${brokenAuthentication}`,
  ],
  [/^--runtime-config: unknown API apps\/v9; expected/, "--runtime-config=apps/v9=true"],
  [/^--runtime-config apps\/v1 no: expected true or false$/, "--runtime-config=apps/v1=no"],
  [/^--authorization-mode: a mode is there twice$/, "--authorization-mode=RBAC,RBAC"],
  [/one needs the other$/, "--authorization-mode=Webhook"],
  [/one needs the other$/, `--authorization-webhook-config-file=${webhook}`],
  [/^--anonymous-auth maybe: expected true or false$/, "--anonymous-auth=maybe"],
  [/^--token-auth-file .*nix: no such file or directory$/, `--token-auth-file=${join(folder, "nix")}`],
  [/^--token-auth-file .*broken.csv:1: expected token,user,uid/, `--token-auth-file=${broken}`],
  [/does not contain a valid RSA or ECDSA private key$/, `--service-account-signing-key-file=${tokens}`],
  [/needs --service-account-signing-key-file$/, `--service-account-key-file=${tokens}`],
  [/--oidc-issuer-url and --oidc-client-id: one needs the other/, "--oidc-client-id=us"],
  [/expected a URL that begins with https/, "--oidc-client-id=us", "--oidc-issuer-url=http://a"],
  [/expected key=value$/, "--oidc-client-id=us", "--oidc-issuer-url=https://a", "--oidc-required-claim=x"],
  [/needs --requestheader-username-headers$/, `--requestheader-client-ca-file=${tokens}`],
  [
    /expected v1 or v1beta1$/,
    `--authentication-token-webhook-config-file=${webhook}`,
    "--authentication-token-webhook-version=v2",
  ],
  [/: the cluster's server is no URL$|: no context ""$/, `--authentication-token-webhook-config-file=${tokens}`],
];

for (const [message, ...args] of faults) {
  test(`flags of who may ask, refused: ${args.map((each) => each.replace(folder, "")).join(" ")}`, () => {
    assert.throws(
      () => parsed(...args),
      (error: Error) => {
        assert.ok(error instanceof UsageError);
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /secret|hidden|\n/);
        return true;
      },
    );
  });
}

test("flags of who may ask, taken", () => {
  assert.deepEqual(parsed().authorizationModes, ["RBAC"]);
  const { authentication, authorizationModes, authorizationWebhook } = parsed(
    `--token-auth-file=${tokens}`,
    "--authorization-mode=Node,RBAC",
    "--authorization-mode=Webhook",
    `--authorization-webhook-config-file=${webhook}`,
    "--service-account-issuer=https://a",
    "--service-account-issuer=https://b",
    "--requestheader-allowed-names=p,q",
  );
  assert.deepEqual(authentication?.tokens, [
    { token: "secret-a", user: { username: "ann", uid: "1", groups: ["dev", "ops"] } },
    { token: "secret-b", user: { username: "bob", uid: "2", groups: [] } },
  ]);
  assert.deepEqual(authentication?.issuers, ["https://a", "https://b"]);
  assert.deepEqual(authorizationModes, ["Node", "RBAC", "Webhook"]);
  assert.deepEqual(
    [authorizationWebhook?.authorizedTtlMs, authorizationWebhook?.unauthorizedTtlMs, authorizationWebhook?.version],
    [300_000, 30_000, "v1"],
  );
});

test("configurations of who may ask, taken", () => {
  const { authentication: credentials, authorizationModes } = parsed(
    `--authentication-config=${authentication}`,
    `--authorization-config=${authorization}`,
  );
  assert.deepEqual([credentials?.anonymous, credentials?.anonymousPaths], [true, ["/livez"]]);
  assert.equal(credentials?.jwt?.[0]?.userOf({ sub: "ann" }).username, "ann");
  const [node, hook] = authorizationModes ?? [];
  assert.equal(node, "Node");
  assert.ok(typeof hook === "object" && hook.mode === "Webhook");
  assert.deepEqual([hook.webhook.onError, hook.webhook.matchConditions?.length], ["Deny", 1]);
  const abac = parsed("--authorization-mode=ABAC,RBAC", `--authorization-policy-file=${policies}`);
  assert.deepEqual(abac.authorizationModes, [{ mode: "ABAC", policies: [{ user: "ann" }] }, "RBAC"]);
});
