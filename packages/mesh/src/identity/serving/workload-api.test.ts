import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Client, type ClientReadableStream, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { KeptCertificate } from "../client/kept-certificate.ts";
import { workloadCertificateOf } from "../client/workload-certificate-of.ts";
import { type Made, madeAuthority, madeLeaf, noon } from "../x509/certificates.fixture.ts";
import type { X509BundlesResponse, X509SvidResponse } from "./wire.ts";
import { serveWorkloadApi, workloadMethods } from "./workload-api.ts";

const root = madeAuthority("root");
const other = madeAuthority("other");
const federated = new Map([["other.example", [other.pem]]]);

function certificateOf(leaf: Made) {
  const key = leaf.key.export({ type: "pkcs8", format: "pem" }) as string;
  return workloadCertificateOf({ chain: leaf.pem, key, roots: root.pem }, noon, federated);
}

interface Source {
  fault: string | undefined;
  isRefused: boolean;
}

async function bedFor(t: TestContext, state: Source) {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-workload-"));
  const endpoint = `unix://${folder}/api.sock`;
  const kept = new KeptCertificate(() => {});
  const source = {
    get current() {
      return kept.current;
    },
    onChange: kept.onChange.bind(kept),
    close: () => {},
    get fault() {
      return state.fault;
    },
    get isRefused() {
      return state.isRefused;
    },
  };
  const api = await serveWorkloadApi(endpoint, source);
  const client = new Client(endpoint, credentials.createInsecure());
  t.after(async () => {
    client.close();
    await api.close(100);
    rmSync(folder, { recursive: true, force: true });
  });
  const open = <Answer>(method: { path: string; responseDeserialize: (bytes: Buffer) => Answer }, header = "true") => {
    const metadata = new Metadata();
    if (header !== "") metadata.set("workload.spiffe.io", header);
    return client.makeServerStreamRequest(method.path, () => Buffer.alloc(0), method.responseDeserialize, {}, metadata);
  };
  return { kept, open, client };
}

function next<Answer>(stream: ClientReadableStream<Answer>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    stream.once("data", resolve);
    stream.once("error", reject);
  });
}

const whole = (): Source => ({ fault: undefined, isRefused: false });

test("a workload gets its certificate, its key and whom it trusts; and again when they change", async (t) => {
  const { kept, open } = await bedFor(t, whole());
  const [first, second] = [madeLeaf(root), madeLeaf(root)];
  kept.set(certificateOf(first));
  const stream = open<X509SvidResponse>(workloadMethods.FetchX509SVID);
  t.after(() => stream.cancel());
  stream.on("error", () => {});
  const { svids, federatedBundles } = await next(stream);
  const [svid] = svids;
  assert.ok(svid !== undefined && svids.length === 1);
  assert.equal(svid.spiffeId, "spiffe://cluster.local/ns/shop/sa/cart");
  const leaf = new X509Certificate(svid.x509Svid);
  assert.ok(
    leaf.checkPrivateKey(createPrivateKey({ key: Buffer.from(svid.x509SvidKey), format: "der", type: "pkcs8" })),
  );
  assert.ok(leaf.verify(new X509Certificate(svid.bundle).publicKey));
  assert.deepEqual(
    [...federatedBundles].map(([id, der]) => [id, Buffer.from(der)]),
    [["spiffe://other.example", other.der]],
  );
  kept.set(certificateOf(second));
  assert.deepEqual(Buffer.from((await next(stream)).svids[0]?.x509Svid ?? []), second.der);
});

test("bundles are told by the IDs of their trust domains", async (t) => {
  const { kept, open } = await bedFor(t, whole());
  kept.set(certificateOf(madeLeaf(root)));
  const stream = open<X509BundlesResponse>(workloadMethods.FetchX509Bundles);
  stream.on("error", () => {});
  t.after(() => stream.cancel());
  const { bundles } = await next(stream);
  assert.deepEqual([...bundles.keys()].sort(), ["spiffe://cluster.local", "spiffe://other.example"]);
  assert.deepEqual(Buffer.from(bundles.get("spiffe://cluster.local") ?? []), root.der);
});

const refusals: readonly (readonly [string, Source, string, status, RegExp])[] = [
  ["without the header", whole(), "", status.INVALID_ARGUMENT, /workload\.spiffe\.io: true/],
  ["with another header", whole(), "false", status.INVALID_ARGUMENT, /workload\.spiffe\.io: true/],
  [
    "whom the authority refused",
    { fault: "no", isRefused: true },
    "true",
    status.PERMISSION_DENIED,
    /no identity issued/,
  ],
  [
    "while the authority is away",
    { fault: "the authority is away", isRefused: false },
    "true",
    status.UNAVAILABLE,
    /is away/,
  ],
];

for (const [name, state, header, code, words] of refusals)
  test(`a workload ${name} gets nothing`, async (t) => {
    const { kept, open } = await bedFor(t, state);
    if (state.fault === undefined) kept.set(certificateOf(madeLeaf(root)));
    for (const method of Object.values(workloadMethods))
      await assert.rejects(
        next(open(method as typeof workloadMethods.FetchX509SVID, header)),
        (error: ServiceError) => {
          assert.equal(error.code, code);
          assert.match(error.details, words);
          return true;
        },
      );
  });

test("JWTs are not served", async (t) => {
  const { client } = await bedFor(t, whole());
  const code = await new Promise((resolve) =>
    client.makeUnaryRequest(
      "/SpiffeWorkloadAPI/FetchJWTSVID",
      () => Buffer.alloc(0),
      (bytes: Buffer) => bytes,
      {},
      (error) => resolve(error?.code),
    ),
  );
  assert.equal(code, status.UNIMPLEMENTED);
});
