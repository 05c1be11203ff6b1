import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { TokenRefused } from "../../token-review.ts";
import { Authority } from "../authority/authority.ts";
import { folderStore } from "../authority/folder-store.ts";
import { AskFailed, askCertificate, type CertificateAsk } from "../client/certificate-client.ts";
import { workloadCertificateOf } from "../client/workload-certificate-of.ts";
import { writeCertificateRequest } from "../x509/certificate-request.ts";
import { type CertificateCall, serveCertificates } from "./certificate-service.ts";
import { OwnServingCertificate } from "./serving-certificate.ts";

const day = 24 * 3600_000;
const keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
const key = keys.privateKey.export({ type: "pkcs8", format: "pem" }) as string;
const csr = writeCertificateRequest(keys.privateKey, keys.publicKey.export({ type: "spki", format: "der" }));
const named = (id: string) =>
  writeCertificateRequest(keys.privateKey, keys.publicKey.export({ type: "spki", format: "der" }), id);

/** An authority that listens, and knows one token: `cart` of shop. */
async function bedFor(t: TestContext, ahead = 0) {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-service-"));
  const clock = { ahead };
  const now = () => Date.now() + clock.ahead;
  const calls: CertificateCall[] = [];
  const authority = await Authority.open({
    trustDomain: "cluster.local",
    store: folderStore(folder),
    now,
    say: () => {},
    propagationMs: day,
    longestLeafMs: 90 * day,
  });
  const own = new OwnServingCertificate(authority, ["ca.mesh.svc", "localhost"], day, now);
  const service = await serveCertificates({
    authority,
    host: "127.0.0.1",
    port: 0,
    serving: () => own.current,
    review: async (token) => {
      if (token === "cart") return { namespace: "shop", serviceAccount: "cart" };
      if (token === "odd") return { namespace: "shop", serviceAccount: "a:b" };
      if (token === "away") throw new Error("connect ECONNREFUSED 10.0.0.1:443");
      throw new TokenRefused("the token of canary has expired");
    },
    defaultLifeMs: day,
    longestLifeMs: 90 * day,
    onCall: (call) => void calls.push(call),
  });
  t.after(async () => {
    await service.close(100);
    rmSync(folder, { recursive: true, force: true });
  });
  const ask = (over: Partial<CertificateAsk> = {}) =>
    askCertificate({
      address: `127.0.0.1:${service.port}`,
      serverName: "ca.mesh.svc",
      roots: authority.roots.join(""),
      token: "cart",
      csr,
      lifeMs: day,
      timeoutMs: 10_000,
      ...over,
    });
  return { authority, service, own, clock, calls, ask };
}

test("a certificate is asked for with a token, and is the token's holder's", async (t) => {
  const { authority, calls, ask } = await bedFor(t);
  const answer = await ask();
  assert.equal(answer.length, 2);
  assert.equal(answer.at(-1), authority.roots.join(""));
  const certificate = workloadCertificateOf(
    { chain: answer[0] as string, key, roots: answer[1] as string },
    Date.now(),
  );
  assert.equal(certificate.id, "spiffe://cluster.local/ns/shop/sa/cart");
  assert.ok(Math.abs(certificate.notAfter - Date.now() - day) < 60_000);
  assert.deepEqual(
    calls.map(({ code, id, fault }) => [code, id, fault]),
    [["OK", "spiffe://cluster.local/ns/shop/sa/cart", undefined]],
  );
  await ask({ csr: named("spiffe://cluster.local/ns/shop/sa/cart") });
});

test("a life is asked for, up to the longest; none is a day", async (t) => {
  const { ask } = await bedFor(t);
  const lifeOf = async (lifeMs: number) => {
    const [chain = "", roots = ""] = await ask({ lifeMs });
    return Math.round((workloadCertificateOf({ chain, key, roots }, Date.now()).notAfter - Date.now()) / 60_000);
  };
  assert.deepEqual([await lifeOf(0), await lifeOf(3600_000), await lifeOf(90 * day)], [24 * 60, 60, 90 * 24 * 60]);
});

/** What is asked otherwise, the code, what the caller is told, and what the log is. */
const refusals: readonly (readonly [string, Partial<CertificateAsk>, string, RegExp, RegExp])[] = [
  [
    "a token that is refused",
    { token: "guess" },
    "UNAUTHENTICATED",
    /^UNAUTHENTICATED: the token was refused$/,
    /canary has expired/,
  ],
  ["no token", { token: "" }, "UNAUTHENTICATED", /expected authorization: Bearer/, /Bearer/],
  ["a token with a space", { token: "a b" }, "UNAUTHENTICATED", /expected authorization: Bearer/, /Bearer/],
  [
    "an API server that is away",
    { token: "away" },
    "UNAVAILABLE",
    /could not be checked: the API server is away$/,
    /ECONNREFUSED/,
  ],
  ["an account that has no ID", { token: "odd" }, "PERMISSION_DENIED", /path has ":"/, /path has/],
  [
    "a request that is none",
    { csr: "x" },
    "INVALID_ARGUMENT",
    /cannot be read: expected one CERTIFICATE REQUEST/,
    /cannot be read/,
  ],
  [
    "another's ID",
    { csr: named("spiffe://cluster.local/ns/admin/sa/root") },
    "INVALID_ARGUMENT",
    /is not the requester's/,
    /ns\/admin/,
  ],
  [
    "a life that is too long",
    { lifeMs: 91 * day },
    "INVALID_ARGUMENT",
    /a life of 7862400 s: 7776000 s is the most/,
    /the most/,
  ],
];

for (const [name, over, code, told, logged] of refusals)
  test(`${name}: refused`, async (t) => {
    const { calls, ask } = await bedFor(t);
    await assert.rejects(ask(over), (error: Error) => {
      assert.ok(error instanceof AskFailed);
      assert.match(error.message, told);
      assert.equal(error.isRefused, code !== "UNAVAILABLE");
      return true;
    });
    assert.equal(calls[0]?.code, code);
    assert.match(calls[0]?.fault ?? "", logged);
  });

test("an authority that has ended signs nothing more", async (t) => {
  const { authority, clock, ask } = await bedFor(t);
  clock.ahead = authority.notAfter - Date.now();
  await assert.rejects(ask(), /UNAVAILABLE: the authority ended at/);
});

test("a client asks nobody but its mesh's authority, by its name", async (t) => {
  const { ask } = await bedFor(t);
  const { authority: other } = await bedFor(t);
  await assert.rejects(ask({ roots: other.roots.join("") }), { name: "AskFailed", isRefused: false });
  await assert.rejects(ask({ serverName: "elsewhere.svc" }), { name: "AskFailed", isRefused: false });
});

test("its own certificate is renewed at half of its life, without a new listener", async (t) => {
  const { own, service, clock, ask } = await bedFor(t, -0.6 * day);
  const first = own.current.certificate;
  assert.equal(own.renew(), false);
  clock.ahead = 0;
  assert.equal(own.renew(), true);
  service.renew();
  assert.notEqual(own.current.certificate, first);
  await ask();
});

test("who speaks no TLS is hung up on, and nobody else is harmed", async (t) => {
  const { service, ask } = await bedFor(t);
  const socket = connect(service.port, "127.0.0.1", () => socket.write("GET / HTTP/1.1\r\n\r\n"));
  socket.on("error", () => {});
  await new Promise<void>((resolve) => socket.on("close", () => resolve()).resume());
  await ask();
});
