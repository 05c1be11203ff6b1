import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { validatePeer } from "../validate-peer.ts";
import { basicConstraints } from "../x509/certificate-writer.ts";
import { type Made, madeAuthority, noon } from "../x509/certificates.fixture.ts";
import { pemBlocks } from "../x509/pem.ts";
import { Authority, type AuthorityOptions } from "./authority.ts";
import { AuthorityError } from "./authority-state.ts";
import type { AuthorityStore } from "./authority-store.ts";
import { folderStore } from "./folder-store.ts";
import type { IssuedLeaf } from "./leaf-issuer.ts";

const [hour, day] = [3600_000, 24 * 3600_000];
const publicKey = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ type: "spki", format: "der" });
const id = "spiffe://cluster.local/ns/shop/sa/cart";
const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-authority-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** An authority in that folder, a clock that can be set, and what was told. */
async function bedFor(folder: string, over: Partial<AuthorityOptions> = {}) {
  const clock = { now: noon };
  const told: string[] = [];
  const authority = await Authority.open({
    trustDomain: "cluster.local",
    store: folderStore(folder),
    now: () => clock.now,
    say: (text) => void told.push(text.replace(folder, "FOLDER")),
    propagationMs: day,
    longestLeafMs: 90 * day,
    ...over,
  });
  const issue = (lifeMs = day) => authority.issue({ publicKey, id, lifeMs });
  return { authority, clock, told, issue };
}

function trusts(roots: readonly string[], leaf: IssuedLeaf, now: number): string {
  const ders = leaf.chain.flatMap((pem) => pemBlocks(pem, "CERTIFICATE"));
  const told = validatePeer(ders, new Map([["cluster.local", roots]]), now);
  return told.kind === "valid" ? told.id : told.message;
}

test("an authority begins with a root of ten years, and signs leaves of a day", async (t) => {
  const folder = folderOf(t);
  const { authority, issue, told } = await bedFor(folder);
  const root = new X509Certificate(authority.roots[0] as string);
  assert.deepEqual(told, ["FOLDER: a new root for cluster.local"]);
  assert.equal(root.validToDate.getTime(), noon + 3650 * day);
  assert.equal(root.subjectAltName, "URI:spiffe://cluster.local");
  const leaf = issue();
  const read = new X509Certificate(leaf.chain[0] as string);
  assert.equal(read.validFromDate.getTime(), noon - 120_000);
  assert.equal(read.validToDate.getTime(), noon + day);
  assert.equal(leaf.notAfter, noon + day);
  assert.equal(leaf.chain.length, 1);
  assert.ok(!read.subject, read.subject);
  assert.equal(trusts(authority.roots, leaf, noon), id);
  assert.equal(statSync(join(folder, "ca-key.pem")).mode & 0o777, 0o600);
  assert.deepEqual((await bedFor(folder)).authority.roots, authority.roots);
});

test("a leaf ends with its signer, and none comes from a signer that has ended", async (t) => {
  const { authority, clock, issue } = await bedFor(folderOf(t));
  clock.now = authority.notAfter - hour;
  assert.equal(issue().notAfter, authority.notAfter);
  clock.now = authority.notAfter;
  assert.throws(issue, { name: "AuthorityError", message: /^the authority ended at 2036-/ });
  clock.now = noon - day;
  assert.throws(issue, { name: "AuthorityError", message: /not valid before/ });
});

test("openssl takes what it signs, by the strictest reading", { skip: !hasOpenssl && "no openssl" }, async (t) => {
  const folder = folderOf(t);
  const { authority, issue } = await bedFor(folder, { now: Date.now });
  writeFileSync(join(folder, "leaf.pem"), issue().chain.join(""));
  for (const purpose of ["sslserver", "sslclient"]) {
    const flags = ["-x509_strict", "-purpose", purpose, "-CAfile", join(folder, "root-cert.pem")];
    const { stdout, stderr } = spawnSync("openssl", ["verify", ...flags, join(folder, "leaf.pem")], {
      encoding: "utf8",
    });
    assert.match(stdout, /leaf\.pem: OK/, stderr);
  }
  assert.equal(readFileSync(join(folder, "root-cert.pem"), "utf8"), authority.roots[0]);
});

test("a root is changed by overlap: trusted, then signing, then the one before is dropped; every leaf is trusted all the time", async (t) => {
  const { authority, clock, told, issue } = await bedFor(folderOf(t), { longestLeafMs: 20 * day });
  const [old] = authority.roots as [string];
  const leaves: IssuedLeaf[] = [];
  const counts: number[] = [];
  let changes = 0;
  authority.onChange(() => void changes++);
  clock.now = noon + 3650 * day * 0.8 - 2 * day;
  // A leaf of the longest life each day: all that stand are trusted by what is trusted now, and by what was trusted a day before.
  let before = authority.roots;
  for (const end = clock.now + 30 * day; clock.now < end; clock.now += day) {
    await authority.check();
    leaves.push(issue(20 * day));
    for (const leaf of leaves.filter(({ notAfter }) => notAfter > clock.now))
      for (const roots of [authority.roots, before]) assert.equal(trusts(roots, leaf, clock.now), id);
    before = authority.roots;
    counts.push(authority.roots.length);
  }
  assert.deepEqual([counts[0], Math.max(...counts), counts.at(-1)], [1, 2, 1]);
  assert.notEqual(authority.roots[0], old);
  assert.equal(changes, 3);
  assert.deepEqual(told.slice(1), [
    "FOLDER: a new root is trusted, and signs when it is in every bundle",
    "FOLDER: the new root signs; the one before is trusted until what it signed has ended",
    "FOLDER: the root before is trusted no more: what it signed has ended",
  ]);
});

test("a change of the root can be asked for, and is one at a time", async (t) => {
  const { authority, clock, issue } = await bedFor(folderOf(t));
  await authority.check(true);
  await authority.check(true);
  assert.equal(authority.roots.length, 2);
  assert.equal(trusts([authority.roots[0] as string], issue(), clock.now), id);
  clock.now += day;
  await authority.check();
  assert.equal(trusts([authority.roots[1] as string], issue(), clock.now), id);
});

test("files that were half written are whole again", async (t) => {
  const folder = folderOf(t);
  const { authority } = await bedFor(folder);
  const files = Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")]));
  const other = folderOf(t);
  await bedFor(other);
  // The machine stopped when the first of the new files was there.
  writeFileSync(join(other, "authority.json.pending"), JSON.stringify(files));
  writeFileSync(join(other, "ca-cert.pem"), files["ca-cert.pem"] as string);
  assert.deepEqual((await bedFor(other)).authority.roots, authority.roots);
  assert.ok(!readdirSync(other).includes("authority.json.pending"));
});

/** What somebody brought: Istio's `cacerts`, without our own file beside it. */
function brought(signer: Made, chain: readonly Made[], root: Made, key = signer): { readonly [name: string]: string } {
  return {
    "ca-cert.pem": signer.pem,
    "ca-key.pem": key.key.export({ type: "pkcs8", format: "pem" }) as string,
    "cert-chain.pem": chain.map(({ pem }) => pem).join(""),
    "root-cert.pem": root.pem,
  };
}

function written(t: TestContext, files: { readonly [name: string]: string }): string {
  const folder = folderOf(t);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

test("an authority that somebody brought shows its chain, and is not changed", async (t) => {
  const root = madeAuthority("root");
  const middle = madeAuthority("middle", { signer: root });
  const signer = madeAuthority("signer", { signer: middle });
  const { authority, clock, issue } = await bedFor(written(t, brought(signer, [signer, middle, root], root)));
  const leaf = issue();
  assert.deepEqual(leaf.chain.slice(1), [signer.pem, middle.pem]);
  assert.equal(trusts(authority.roots, leaf, noon), id);
  clock.now = noon + day - 1;
  await authority.check();
  assert.deepEqual(authority.roots, [root.pem]);
});

const root = madeAuthority("root");
const faults: readonly (readonly [string, { readonly [name: string]: string }, RegExp])[] = [
  ["another's key", brought(root, [], root, madeAuthority("x")), /ca-key\.pem is not the key of ca-cert\.pem/],
  ["no key", { ...brought(root, [], root), "ca-key.pem": "" }, /ca-key\.pem is missing/],
  ["a key that is none", { ...brought(root, [], root), "ca-key.pem": "secret" }, /ca-key\.pem: expected a private key/],
  ["another root", brought(root, [], madeAuthority("x")), /no way from ca-cert\.pem/],
  ["a certificate that is none", { ...brought(root, [], root), "ca-cert.pem": "x" }, /ca-cert\.pem has no certificate/],
  ["half of our own file", { ...brought(root, [], root), "rotation.json": '{"next":{}}' }, /rotation\.json: expected/],
];
const leafOnly = madeAuthority("l", { signer: root, basic: basicConstraints(false) });
const all = [...faults, ["a signer that may sign nothing", brought(leafOnly, [], root), /cA is not true/] as const];

for (const [name, files, message] of all)
  test(`${name}: no authority`, async (t) => {
    await assert.rejects(bedFor(written(t, files)), { name: "AuthorityError", message });
  });

test("of two that begin at once, one's root counts", async (t) => {
  const folder = folderOf(t);
  const store = folderStore(folder);
  let isFirst = true;
  const slow: AuthorityStore = {
    ...store,
    read: async () => {
      const found = await store.read();
      if (isFirst) {
        isFirst = false;
        await bedFor(folder);
      }
      return found;
    },
  };
  const { authority } = await bedFor(folder, { store: slow });
  assert.deepEqual(authority.roots, (await bedFor(folder)).authority.roots);
});

test("an authority that is gone, or no longer one, goes on as it was", async (t) => {
  const folder = folderOf(t);
  const { authority, issue } = await bedFor(folder);
  writeFileSync(join(folder, "ca-key.pem"), "x");
  await assert.rejects(authority.check(), AuthorityError);
  rmSync(folder, { recursive: true });
  await assert.rejects(authority.check(), /the authority is gone/);
  assert.equal(trusts(authority.roots, issue(), noon), id);
});

test("an authority of another trust domain is not taken for this one's", async (t) => {
  const folder = folderOf(t);
  await bedFor(folder);
  const message = "ca-cert.pem is of the trust domain cluster.local, not of prod.example";
  await assert.rejects(bedFor(folder, { trustDomain: "prod.example" }), { name: "AuthorityError", message });
});
