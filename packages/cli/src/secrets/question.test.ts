import assert from "node:assert/strict";
import { test } from "node:test";
import { askedOf } from "./question.ts";

/** `VERB RESOURCE[.GROUP] NAME @NAMESPACE | FILES`, as the words are taken. */
function taken(line: string, subresource?: string): string {
  const flags = { namespace: "prod", ...(subresource === undefined ? {} : { subresource }) };
  const { question, files } = askedOf(line.split(" ").filter(Boolean), flags);
  const { verb, resource, group, name, namespace } = question;
  const what = [verb, group === "" ? resource : `${resource}.${group}`, name ?? "*", `@${namespace}`];
  return [...what, "|", ...files].join(" ");
}

for (const [line, expected] of [
  ["", "get secrets * @prod |"],
  ["get", "get secrets * @prod |"],
  ["secret/db", "get secrets db @prod |"],
  ["get secret/db", "get secrets db @prod |"],
  ["list secrets", "list secrets * @prod |"],
  ["secret/db a.yaml b/", "get secrets db @prod | a.yaml b/"],
  ["a.yaml", "get secrets * @prod | a.yaml"],
  ["get ./secrets", "get secrets * @prod | ./secrets"],
  ["get - ", "get secrets * @prod | -"],
  ["create pods x.json", "create pods * @prod | x.json"],
  ["create pods/exec", "create pods/exec * @prod |"],
  ["delete pod/web", "delete pods web @prod |"],
  ["patch deploy", "patch deployments.apps * @prod |"],
  ["get nodes", "get nodes * @ |"],
  ["get widgets.example.com/w", "get widgets.example.com w @prod |"],
  ["* clusterroles", "* clusterroles.rbac.authorization.k8s.io * @ |"],
] as const)
  test(`who-can ${line}`, () => assert.equal(taken(line), expected));

test("who-can create serviceaccounts/app --subresource token", () =>
  assert.equal(taken("create serviceaccounts/app", "token"), "create serviceaccounts/token app @prod |"));

for (const [line, message] of [
  ["get widgets", /^widgets: no such resource; of one that is not built in, name the group: widgets\.example\.com$/],
  ["get secret/", /^secret\/: expected a name behind the slash$/],
  ["create a.yaml", /^create: of what\? as in: create pods$/],
  ["create", /^create: of what\? as in: create pods$/],
] as const)
  test(`who-can ${line}: refused`, () => assert.throws(() => taken(line), { name: "UsageError", message }));
