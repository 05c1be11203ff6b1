import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { UsageError } from "./errors.ts";
import { webhookCredentials } from "./webhook-credentials.ts";

type User = readonly [name: string, user: object];

/** The credentials of a file with these users, while its folder is there. */
function withUsers<Answer>(
  users: readonly User[],
  run: (credentials: ReturnType<typeof webhookCredentials>, folder: string) => Answer,
  current = "",
): Answer {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-credentials-"));
  try {
    const file = join(folder, "webhooks.kubeconfig");
    writeFileSync(join(folder, "token"), "from-a-file\n");
    const config = {
      users: users.map(([name, user]) => ({ name, user })),
      contexts: [{ name: "x", context: { user: current } }],
      "current-context": "x",
    };
    writeFileSync(file, JSON.stringify(config));
    return run(webhookCredentials("kubeConfigFile", file), folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const tokens = (...names: readonly string[]): readonly User[] => names.map((name) => [name, { token: name }]);

/** Users of a file, a server, and whose token it is shown. */
const chosen: readonly (readonly [users: readonly User[], server: string, user: string | undefined])[] = [
  [tokens("a.shop.svc", "*"), "a.shop.svc:443", "a.shop.svc"],
  [tokens("a.shop.svc", "*"), "a.shop.svc:8443", "*"],
  [tokens("a.shop.svc:8443", "a.shop.svc"), "a.shop.svc:8443", "a.shop.svc:8443"],
  [tokens("*.shop.svc", "*.svc"), "a.shop.svc:443", "*.shop.svc"],
  [tokens("*.svc:443", "a.shop.svc"), "a.shop.svc:443", "*.svc:443"],
  [tokens("*.svc"), "svc:443", undefined],
  [tokens("other"), "a.shop.svc:443", undefined],
];

for (const [users, server, user] of chosen)
  test(`of ${users.map(([name]) => name).join(" and ")} ${server} is shown ${user ?? "nobody"}`, () =>
    withUsers(users, (credentials) =>
      assert.deepEqual(credentials(server), user === undefined ? {} : { authorization: `Bearer ${user}` }),
    ));

test("where no name fits, the current context's user is shown", () =>
  withUsers(tokens("me"), (credentials) => assert.equal(credentials("a:443").authorization, "Bearer me"), "me"));

test("a password, a token's file and a certificate", () =>
  withUsers(
    [
      ["a", { username: "jane", password: "p:w" }],
      ["b", { tokenFile: "token" }],
      ["c", { "client-certificate-data": btoa("CERT"), "client-key-data": btoa("KEY") }],
    ],
    (credentials, folder) => {
      assert.deepEqual(credentials("a:443"), { authorization: `Basic ${btoa("jane:p:w")}` });
      assert.deepEqual(credentials("c:443"), { cert: "CERT", key: "KEY" });
      assert.equal(credentials("b:443").authorization, "Bearer from-a-file");
      writeFileSync(join(folder, "token"), "new");
      assert.equal(credentials("b:443").authorization, "Bearer new");
      rmSync(join(folder, "token"));
      assert.equal(credentials("b:443").authorization, "Bearer new");
    },
  ));

const faults: { readonly [what: string]: readonly [user: object, message: RegExp] } = {
  "a program": [{ exec: { command: "x" } }, /user "u": exec is not supported; token, tokenFile, username/],
  "somebody else": [{ as: "jane" }, /user "u": as is not supported/],
  "a token and a password": [{ token: "t", username: "u" }, /username\/password or a token may be set, but not both$/],
  "a certificate alone": [{ "client-certificate-data": "eA==" }, /client-certificate and client-key belong together$/],
  "a token's file that is not there": [{ tokenFile: "nope" }, /tokenFile .*nope: no such file or directory$/],
};

for (const [what, [user, message]] of Object.entries(faults))
  test(`a user of ${what} is refused`, () => {
    assert.throws(
      () => withUsers([["u", user]], () => {}),
      (error: unknown) => error instanceof UsageError && message.test(error.message),
    );
  });
