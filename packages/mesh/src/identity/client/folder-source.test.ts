import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { WorkloadCertificate } from "../workload-certificate.ts";
import { type Made, madeAuthority, madeLeaf, noon } from "../x509/certificates.fixture.ts";
import { folderSource } from "./folder-source.ts";

const root = madeAuthority("root");

function filesOf(leaf: Made, over: { readonly [name: string]: string } = {}): { readonly [name: string]: string } {
  const key = leaf.key.export({ type: "pkcs8", format: "pem" }) as string;
  return { "cert-chain.pem": leaf.pem, "key.pem": key, "root-cert.pem": root.pem, ...over };
}

/** A source that looks when it is told to. */
function bedFor(t: TestContext, files: { readonly [name: string]: string }) {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-folder-"));
  const write = (texts: { readonly [name: string]: string }) => {
    for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), text);
  };
  write(files);
  const clock = { now: noon };
  const said: string[] = [];
  const changes: WorkloadCertificate[] = [];
  let wake: (() => void) | undefined;
  const source = folderSource({
    folder,
    now: () => clock.now,
    sleep: (_, signal) =>
      new Promise((resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
        wake = resolve;
      }),
    say: (text) => void said.push(text.replaceAll(folder, "FOLDER")),
  });
  source.onChange((certificate) => void changes.push(certificate));
  t.after(() => {
    source.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const looked = async () => {
    while (wake === undefined) await new Promise((resolve) => setImmediate(resolve));
  };
  const look = async () => {
    await looked();
    const go = wake as () => void;
    wake = undefined;
    go();
    await looked();
  };
  return { source, clock, said, changes, write, look, looked };
}

test("files are read, and again when they are others", async (t) => {
  const { source, clock, changes, write, look, looked } = bedFor(t, filesOf(madeLeaf(root)));
  await looked();
  assert.equal(source.current?.id, "spiffe://cluster.local/ns/shop/sa/cart");
  await look();
  assert.equal(changes.length, 1);
  write(filesOf(madeLeaf(root, { id: "spiffe://cluster.local/ns/shop/sa/pay" })));
  await look();
  assert.equal(source.current?.id, "spiffe://cluster.local/ns/shop/sa/pay");
  clock.now = noon + 2 * 24 * 3600_000;
  assert.match(source.fault ?? "", /^the certificate of spiffe:.*pay has ended: the files are as they were/);
});

test("files that are half written are read when they are whole", async (t) => {
  const [first, second] = [madeLeaf(root), madeLeaf(root)];
  const { source, said, changes, write, look, looked } = bedFor(t, filesOf(first));
  await looked();
  write({ "cert-chain.pem": second.pem });
  await look();
  await look();
  assert.equal(source.current, changes[0]);
  assert.deepEqual(said.slice(1), ["no certificate: FOLDER: the key is not the certificate's"]);
  assert.equal(source.fault, undefined);
  write(filesOf(second));
  await look();
  assert.equal(changes.length, 2);
});

const faults: readonly (readonly [string, { readonly [name: string]: string }, RegExp])[] = [
  ["no files", {}, /cert-chain\.pem is missing/],
  ["a key that is none", filesOf(madeLeaf(root), { "key.pem": "canary" }), /the key is no private key in PEM$/],
  ["roots that are none", filesOf(madeLeaf(root), { "root-cert.pem": "x" }), /no root$/],
  ["another's root", filesOf(madeLeaf(root), { "root-cert.pem": madeAuthority("x").pem }), /signed by nobody/],
  [
    "a certificate that is none",
    filesOf(madeLeaf(root), { "cert-chain.pem": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" }),
    /no certificate/,
  ],
  ["a certificate without an ID", filesOf(madeLeaf(root, { uris: [], dns: ["a"] })), /has no URI name/],
];

for (const [name, files, fault] of faults)
  test(`${name}: no certificate, and why`, async (t) => {
    const { source, said, looked } = bedFor(t, files);
    await looked();
    assert.equal(source.current, undefined);
    assert.match(source.fault ?? "", fault);
    assert.equal(said.length, 1);
    assert.doesNotMatch(said.join(), /canary/);
  });
