import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { freePort } from "../../../../../scripts/free-port.ts";
import { awsKeysOfTests, FakeAws, regionOfTests } from "../../remote/aws.fixture.ts";
import { callAws } from "../../remote/aws-call.ts";
import { awsKeys } from "../../remote/aws-keys.ts";
import { remoteFor, startFake } from "../../remote/http-fake.fixture.ts";
import type { Environment, Remote } from "../../remote/remote.ts";
import type { KeySource } from "../key-source.ts";
import type { KmsError } from "../service.ts";
import { AwsKms } from "./aws-kms.ts";
import { withKmsFaults } from "./kms-faults.ts";
import { checkRotation } from "./rotating.fixture.ts";

const ownKeys = {
  AWS_ACCESS_KEY_ID: awsKeysOfTests.accessKeyId,
  AWS_SECRET_ACCESS_KEY: awsKeysOfTests.secretAccessKey,
};

interface Place {
  readonly url: string;
  readonly now: number;
}

function sourceAt(
  t: TestContext,
  place: Place,
  key: string,
  environment: Environment = ownKeys,
  context = {},
): KeySource {
  const base = {
    region: regionOfTests,
    environment: { AWS_ENDPOINT_URL: place.url, AWS_EC2_METADATA_SERVICE_ENDPOINT: place.url, ...environment },
    remote: remoteFor(t),
    now: () => place.now,
  };
  const aws = { ...base, service: "kms", target: "TrentService", keys: awsKeys(base) };
  return withKmsFaults(new AwsKms({ aws, key, context, close: () => {} }));
}

const faultOf = (asked: Promise<unknown>) =>
  asked.then(
    () => assert.fail("no fault"),
    (error: KmsError) => error.message,
  );

test("a key of AWS seals under its alias, which is pointed at another key for a rotation", async (t) => {
  const fake = await FakeAws.start(t);
  const [first, second] = [fake.addKey("1111-aaaa"), fake.addKey("2222-bbbb")];
  fake.aliases.set("alias/kube", first);
  const source = sourceAt(t, fake, "alias/kube", ownKeys, { cluster: "one" });
  assert.deepEqual(await checkRotation(source, () => fake.aliases.set("alias/kube", second)), [first, second]);
  const sealed = await source.seal(Buffer.from("seed"));
  const other = sourceAt(t, fake, "alias/kube", ownKeys, { cluster: "two" });
  assert.equal(await faultOf(other.open(sealed)), "AWS kms Decrypt: InvalidCiphertextException");
});

test("keys come for a service account's token, from a container's agent and from the machine, and are kept", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-aws-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "token");
  writeFileSync(file, "canary-jwt\n");
  const webIdentity = { AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN: "arn:aws:iam::111122223333:role/kms" };
  for (const [environment, calls] of [
    [webIdentity, ["POST /"]],
    [
      {},
      [
        "PUT /latest/api/token",
        ...["", "node-role"].map((each) => `GET /latest/meta-data/iam/security-credentials/${each}`),
      ],
    ],
  ] as const) {
    const fake = await FakeAws.start(t);
    const key = fake.addKey("1111-aaaa");
    const source = sourceAt(t, fake, key, environment);
    await source.currentKeyId();
    await source.currentKeyId();
    assert.deepEqual(fake.calls, [...calls, "DescribeKey", "DescribeKey"]);
    fake.now += 56 * 60_000;
    await source.currentKeyId();
    assert.deepEqual(fake.calls.slice(calls.length + 2), [...calls, "DescribeKey"]);
  }
  const fake = await FakeAws.start(t);
  const key = fake.addKey("1111-aaaa");
  const agent = await startFake(t, ({ headers }) => ({
    status: headers.authorization === "canary-agent" ? 200 : 401,
    body: {
      AccessKeyId: "ASIASESSION",
      SecretAccessKey: "canary-session-key",
      Token: "canary-session",
      Expiration: new Date(fake.now + 3_600_000).toISOString(),
    },
  }));
  const container = {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${agent}/v1/credentials`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN: "canary-agent",
  };
  assert.equal(await sourceAt(t, fake, key, container).currentKeyId(), key);
});

test("what AWS refuses is told without what was sent", async (t) => {
  const fake = await FakeAws.start(t);
  const [key, off] = [fake.addKey("1111-aaaa"), fake.addKey("2222-bbbb")];
  (fake.keys.get(off) as { state: string }).state = "PendingDeletion";
  const wrong = { ...ownKeys, AWS_SECRET_ACCESS_KEY: "canary-wrong", AWS_SESSION_TOKEN: "canary-session" };
  const told = [
    await faultOf(sourceAt(t, fake, key, wrong).currentKeyId()),
    await faultOf(sourceAt(t, fake, key, { ...ownKeys, AWS_SECRET_ACCESS_KEY: "canary" }).currentKeyId()),
    await faultOf(sourceAt(t, fake, key, { ...ownKeys, AWS_SECRET_ACCESS_KEY: "" }).currentKeyId()),
    await faultOf(sourceAt(t, fake, "alias/none").currentKeyId()),
    await faultOf(sourceAt(t, fake, off).currentKeyId()),
    await faultOf(sourceAt(t, fake, off).seal(Buffer.from("canary"))),
  ];
  assert.deepEqual(told, [
    "AWS kms DescribeKey: InvalidSignatureException",
    "AWS kms DescribeKey: SignatureDoesNotMatch",
    "AWS_ACCESS_KEY_ID is set in the environment, AWS_SECRET_ACCESS_KEY is not",
    "AWS kms DescribeKey: NotFoundException: Key 'alias/none' does not exist",
    `AWS kms: key ${off} is PendingDeletion, expected Enabled`,
    `AWS kms Encrypt: DisabledException: ${off} is disabled.`,
  ]);
});

test("only keys of the account open; one of several regions is asked for here", async (t) => {
  const fake = await FakeAws.start(t);
  const key = fake.addKey("mrk-1111");
  const source = sourceAt(t, fake, key);
  const sealed = await source.seal(Buffer.from("seed"));
  const elsewhere = key.replace(regionOfTests, "us-east-1");
  assert.equal(Buffer.from(await source.open({ ...sealed, keyId: elsewhere })).toString(), "seed");
  const foreign = key.replace("111122223333", "999988887777");
  assert.equal(
    await faultOf(source.open({ ...sealed, keyId: foreign })),
    `key ${foreign} is none of AWS account 111122223333`,
  );
});

test("a page of a proxy is told by its status", async (t) => {
  const url = await startFake(t, () => ({ status: 502, body: "<html>canary" }));
  assert.equal(await faultOf(sourceAt(t, { url, now: 0 }, "k").currentKeyId()), "AWS kms DescribeKey: HTTP status 502");
});

/** moto, which answers as AWS does, by `SALLYPORT_MOTO` or the PATH. */
const moto = process.env["SALLYPORT_MOTO"] || "moto_server";
const missing =
  spawnSync(moto, ["--help"]).status === 0 ? false : "no moto_server on the PATH, and none in SALLYPORT_MOTO";

test("a key of moto seals and opens, and its alias rotates", { skip: missing }, async (t) => {
  const port = await freePort();
  const child = spawn(moto, ["-H", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
  t.after(() => void child.kill("SIGKILL"));
  const place = { url: `http://127.0.0.1:${port}`, now: Date.now() };
  const base = {
    region: regionOfTests,
    environment: { ...ownKeys, AWS_ENDPOINT_URL: place.url },
    remote: remoteFor(t),
  };
  const context = { ...base, now: Date.now };
  const aws = { ...context, service: "kms", target: "TrentService", keys: awsKeys(context) };
  const makeKey = async () =>
    ((await callAws(aws, "CreateKey", { KeyUsage: "ENCRYPT_DECRYPT" }))["KeyMetadata"] as { readonly Arn: string }).Arn;
  await untilListens(base.remote, place.url);
  const [first, second] = [await makeKey(), await makeKey()];
  const alias = { AliasName: "alias/kube", TargetKeyId: first };
  // moto's answers to what changes something are `null` where AWS's are empty.
  const change = (operation: string, input: object) => callAws(aws, operation, { ...input }).catch(() => {});
  await change("CreateAlias", alias);
  const source = sourceAt(t, place, "alias/kube", ownKeys, { cluster: "one" });
  const rotate = () => change("UpdateAlias", { ...alias, TargetKeyId: second });
  assert.deepEqual(await checkRotation(source, rotate), [first, second]);
  await change("DisableKey", { KeyId: second.replace(/.*\//, "") });
  assert.equal(await faultOf(source.currentKeyId()), `AWS kms: key ${second} is Disabled, expected Enabled`);
});

async function untilListens(remote: Remote, url: string): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    const answer = await remote.ask({ method: "GET", url: `${url}/moto-api/`, headers: {} }).catch(() => undefined);
    if (answer?.status === 200) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error("moto did not listen in time");
}
