import "reflect-metadata";
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { test } from "node:test";
import * as x509 from "@peculiar/x509";
import type { KubeObject } from "@sallyport/kube";
import { createRequest } from "../certificates/request.fixture.ts";
import type { SigningRequest } from "../certificates/signing-request.ts";
import { type World, withWorld } from "./world.fixture.ts";

const signer = "kubernetes.io/kube-apiserver-client";
const kubelet = `${signer}-kubelet`;
const nodeSubject = "O=system:nodes, CN=system:node:n1";

async function ask(world: World, spec: object, subject = "CN=jane, O=devs", names: x509.JsonGeneralNames = []) {
  const made = await world.create({
    apiVersion: "certificates.k8s.io/v1",
    kind: "CertificateSigningRequest",
    metadata: { name: "c" },
    spec: { request: await createRequest(subject, names), usages: ["client auth"], signerName: signer, ...spec },
  });
  await world.settle();
  return made;
}

function found(world: World): SigningRequest {
  return world.cluster("certificates.k8s.io", "certificatesigningrequests", "c") as SigningRequest;
}

/** `SUBJECT USAGES LIFE` of what was issued, or the conditions. */
function outcome(world: World): string {
  const { status } = found(world);
  if (!status?.certificate)
    return (status?.conditions ?? []).map(({ type, message }) => `${type}: ${message ?? ""}`).join(", ");
  const certificate = new X509Certificate(Buffer.from(status.certificate, "base64"));
  const minutes = (Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)) / 60_000;
  const usages = new x509.X509Certificate(certificate.raw).getExtension(x509.ExtendedKeyUsageExtension)?.usages;
  const names = certificate.subjectAltName === undefined ? "" : ` ${certificate.subjectAltName}`;
  return `${certificate.subject.replaceAll("\n", ", ")} ${usages?.join(" ")} ${minutes}m${names}`;
}

const nodeUsages = ["digital signature", "client auth"];
const serving = "kubernetes.io/kubelet-serving";
const [clientAuth, serverAuth] = ["1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.1"];
const signed: {
  readonly [what: string]: readonly [spec: object, outcome: string, subject?: string, names?: x509.JsonGeneralNames];
} = {
  "a client for a year": [{}, `CN=jane, O=devs ${clientAuth} 525600m`],
  "as long as it asks": [{ expirationSeconds: 3600 }, `CN=jane, O=devs ${clientAuth} 65m`],
  "not beyond a year": [{ expirationSeconds: 99_999_999 }, `CN=jane, O=devs ${clientAuth} 525600m`],
  "no server for a client's signer": [
    { usages: ["client auth", "server auth"] },
    "Approved: , Failed: invalid usage for client certificate: server auth",
  ],
  "a client must authenticate": [
    { usages: ["digital signature"] },
    "Approved: , Failed: missing required usage for client certificate: client auth",
  ],
  "a kubelet": [
    { signerName: kubelet, usages: nodeUsages },
    `O=system:nodes, CN=system:node:n1 ${clientAuth} 525600m`,
    nodeSubject,
  ],
  "a kubelet of no node": [
    { signerName: kubelet, usages: nodeUsages },
    "Approved: , Failed: subject organization is not system:nodes",
  ],
  "a kubelet with an address": [
    { signerName: kubelet, usages: nodeUsages },
    "Approved: , Failed: IP subjectAltNames are not allowed",
    nodeSubject,
    [{ type: "ip", value: "10.0.0.1" }],
  ],
  "a kubelet that asks for more": [
    { signerName: kubelet, usages: [...nodeUsages, "server auth"] },
    "Approved: , Failed: usages did not match [client auth digital signature key encipherment]",
    nodeSubject,
  ],
  "a kubelet that answers": [
    { signerName: serving, usages: ["digital signature", "server auth"] },
    `O=system:nodes, CN=system:node:n1 ${serverAuth} 525600m DNS:n1`,
    nodeSubject,
    [{ type: "dns", value: "n1" }],
  ],
  "a kubelet that answers under no name": [
    { signerName: serving, usages: ["digital signature", "server auth"] },
    "Approved: , Failed: DNS or IP subjectAltName is required",
    nodeSubject,
  ],
  "somebody else's signer": [{ signerName: "example.com/s" }, "Approved: "],
};

for (const [what, [spec, wanted, subject, names]] of Object.entries(signed))
  test(`signing: ${what}`, () =>
    withWorld(["csrsigning"], async (world) => {
      const made = await ask(world, spec, subject, names);
      assert.equal(outcome(world), "");
      await world.answer(made, "Approved");
      // Signing is done by other threads.
      for (let i = 0; i < 100 && outcome(world) !== wanted; i++)
        await new Promise((resolve) => setTimeout(resolve, 10));
      assert.equal(outcome(world), wanted);
    }));

test("what is denied is not signed", () =>
  withWorld(["csrsigning"], async (world) => {
    await world.answer(await ask(world, {}), "Denied");
    assert.equal(outcome(world), "Denied: ");
  }));

for (const [what, may, wanted] of [
  ["whose own node it is", "selfnodeclient", "Denied by nobody"],
  ["of a node, by who may", "nodeclient", "Auto approving kubelet client certificate after SubjectAccessReview."],
  ["of a node, by who may not", "nothing", ""],
] as const)
  test(`approving: a kubelet ${what}`, () =>
    withWorld(["csrapproving"], async (world) => {
      world.mayDo = ({ subresource }) => subresource === may;
      await ask(world, { signerName: kubelet, usages: nodeUsages }, nodeSubject);
      const [condition] = found(world).status?.conditions ?? [];
      // Who asks here is the administrator, and no node.
      assert.equal(condition?.message ?? "", may === "nodeclient" ? wanted : "");
      assert.equal(condition?.reason ?? "", may === "nodeclient" ? "AutoApproved" : "");
    }));

test("approving: other signers are nobody's business", () =>
  withWorld(["csrapproving"], async (world) => {
    await ask(world, {}, nodeSubject);
    assert.equal(outcome(world), "");
  }));

const hour = 3_600_000;
test("requests are taken away an hour after the answer, and a day after nobody gave one", () =>
  withWorld(["csrcleaner"], async (world) => {
    const isThere = () => found(world) !== undefined;
    await ask(world, {});
    await world.turn(24 * hour - 1000);
    assert.ok(isThere());
    await world.turn(1000);
    assert.ok(!isThere());
    await world.answer(await ask(world, {}), "Denied");
    await world.turn(hour - 1000);
    assert.ok(isThere());
    await world.turn(1000);
    assert.ok(!isThere());
  }));

const refused: { readonly [what: string]: readonly [change: (status: object) => object, wanted: RegExp] } = {
  "approval by status": [
    () => ({ conditions: [{ type: "Approved", status: "True" }] }),
    /status.conditions: Forbidden: updates may not add a condition of type "Approved"/,
  ],
  "a failure that is none": [
    () => ({ conditions: [{ type: "Failed", status: "False" }] }),
    /status.conditions\[0\].status: Unsupported value: "False": supported values: "True"/,
  ],
};
for (const [what, [change, wanted]] of Object.entries(refused))
  test(`refused: ${what}`, () =>
    withWorld([], async (world) => {
      const made: KubeObject = await ask(world, {});
      await assert.rejects(world.setStatus(made, change({})), wanted);
    }));

test("refused: what is no request", () =>
  withWorld([], async (world) => {
    await assert.rejects(
      ask(world, {
        request: "aGVsbG8=",
        usages: ["x", "client auth", "client auth"],
        signerName: "a",
        expirationSeconds: 1,
      }),
      /spec.request: Invalid value: .*PEM block type must be CERTIFICATE REQUEST.*spec.usages\[0\]: Unsupported value: "x".*spec.usages\[2\]: Duplicate value: "client auth".*spec.signerName: Invalid value: "a": must be a fully qualified domain.*spec.expirationSeconds: Invalid value: 1: may not specify/s,
    );
  }));
