import assert from "node:assert/strict";
import { test } from "node:test";
import { LeafIssuer } from "../authority/leaf-issuer.ts";
import { createAuthority } from "../authority/root.ts";
import type { WorkloadCertificate } from "../workload-certificate.ts";
import { parseCertificateRequest } from "../x509/certificate-request.ts";
import { noon } from "../x509/certificates.fixture.ts";
import { authoritySource } from "./authority-source.ts";
import { AskFailed } from "./certificate-client.ts";

const [hour, day] = [3600_000, 24 * 3600_000];
const id = "spiffe://cluster.local/ns/shop/sa/cart";
const authority = createAuthority("cluster.local", noon);
const next = createAuthority("cluster.local", noon);

/** A source whose time passes only while it sleeps. */
function bedFor(random = 0.5) {
  const state = {
    now: noon,
    fault: undefined as Error | undefined,
    mounted: authority.roots.join(""),
    answered: authority.roots.join(""),
    asks: [] as number[],
    said: [] as string[],
  };
  const waiting: { until: number; wake: () => void }[] = [];
  const issuer = new LeafIssuer(authority);
  const source = authoritySource({
    ask: async (csr, lifeMs) => {
      state.asks.push(state.now - noon);
      if (state.fault !== undefined) throw state.fault;
      const { publicKey } = parseCertificateRequest(csr);
      return [...issuer.issue({ publicKey, id, lifeMs }, state.now).chain, state.answered];
    },
    roots: async () => state.mounted,
    lifeMs: day,
    now: () => state.now,
    random: () => random,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
        waiting.push({ until: state.now + ms, wake: resolve });
      }),
    say: (text) => void state.said.push(text),
  });
  const changes: WorkloadCertificate[] = [];
  source.onChange((certificate) => void changes.push(certificate));
  const asleep = async () => {
    while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));
  };
  const pass = async (ms: number) => {
    const end = state.now + ms;
    for (;;) {
      await asleep();
      const { until, wake } = waiting[0] as (typeof waiting)[number];
      if (until > end) break;
      state.now = until;
      waiting.shift();
      wake();
    }
    state.now = end;
  };
  return { state, source, changes, pass, asleep };
}

test("a certificate comes, and the next one at half of its life", async (t) => {
  const { state, source, changes, pass, asleep } = bedFor();
  t.after(() => source.close());
  assert.match(source.fault ?? "", /^there is no certificate yet: the authority has not answered yet/);
  await asleep();
  assert.equal(source.current?.id, id);
  assert.equal(source.current?.notAfter, noon + day);
  assert.equal(source.fault, undefined);
  await pass(30 * hour);
  assert.deepEqual(state.asks, [0, 12 * hour, 24 * hour]);
  assert.equal(changes.length, 3);
  assert.equal(new Set(changes.map(({ key }) => key)).size, 3);
});

for (const [random, share] of [
  [0, 0.45],
  [1, 0.55],
] as const)
  test(`not all ask at once: of a day, one at ${share}`, async (t) => {
    const { state, source, pass } = bedFor(random);
    t.after(() => source.close());
    await pass(14 * hour);
    assert.deepEqual(state.asks, [0, Math.round(share * day)]);
  });

test("an authority that is down at the start is asked again, ever more seldom", async (t) => {
  const { state, source, changes, pass } = bedFor(0);
  t.after(() => source.close());
  state.fault = new AskFailed("UNAVAILABLE: connect ECONNREFUSED", false);
  await pass(5 * 60_000);
  assert.deepEqual(
    state.asks.slice(0, 9).map((ms) => ms / 1000),
    [0, 1, 3, 7, 15, 31, 63, 123, 183],
  );
  assert.ok(source.current === undefined);
  assert.equal(source.fault, "there is no certificate yet: UNAVAILABLE: connect ECONNREFUSED");
  assert.equal(source.isRefused, false);
  state.fault = undefined;
  await pass(60_000);
  assert.equal(changes[0]?.id, id);
  assert.equal(source.fault, undefined);
});

test("an authority that is down at the renewal leaves the certificate that is there, until its end and then says so", async (t) => {
  const { state, source, changes, pass, asleep } = bedFor();
  t.after(() => source.close());
  await asleep();
  const [first] = changes;
  state.fault = new AskFailed("UNAVAILABLE: away", false);
  await pass(23 * hour);
  assert.equal(source.current, first);
  assert.equal(source.fault, undefined);
  await pass(2 * hour);
  assert.equal(source.current, first);
  assert.equal(source.fault, `the certificate of ${id} has ended: UNAVAILABLE: away`);
  assert.equal(state.said.filter((line) => line.includes("has ended")).length, 1);
  state.fault = undefined;
  await pass(60_000);
  assert.equal(source.fault, undefined);
  assert.equal(changes.length, 2);
});

test("a token that is refused is known as such", async (t) => {
  const { state, source, pass } = bedFor();
  t.after(() => source.close());
  state.fault = new AskFailed("UNAUTHENTICATED: the token was refused", true);
  await pass(10_000);
  assert.equal(source.isRefused, true);
  state.fault = undefined;
  await pass(60_000);
  assert.equal(source.isRefused, false);
});

test("roots of the mesh that change are trusted before the next certificate", async (t) => {
  const { state, source, changes, pass, asleep } = bedFor();
  t.after(() => source.close());
  await asleep();
  state.mounted = [...authority.roots, ...next.roots].join("");
  await pass(60_000);
  assert.equal(changes.length, 2);
  assert.equal(changes[1]?.key, changes[0]?.key);
  assert.deepEqual(
    [...(changes[1]?.bundles.get("cluster.local") ?? [])].sort(),
    [...authority.roots, ...next.roots].sort(),
  );
  assert.notEqual(changes[1]?.bundles, changes[0]?.bundles);
  await pass(10 * 60_000);
  assert.equal(changes.length, 2);
});

test("roots that the authority answers are trusted also where no ConfigMap is", async (t) => {
  const { state, source, asleep } = bedFor();
  t.after(() => source.close());
  state.mounted = "";
  state.answered = [...authority.roots, ...next.roots].join("");
  await asleep();
  assert.equal(source.current?.bundles.get("cluster.local")?.length, 2);
});

test("an answer that peers would refuse is not taken", async (t) => {
  const { state, source, asleep } = bedFor();
  t.after(() => source.close());
  state.mounted = "";
  state.answered = next.roots.join("");
  await asleep();
  assert.equal(source.current, undefined);
  assert.match(source.fault ?? "", /was signed by nobody whom its trust domain trusts/);
});

test("who closes is told nothing more", async () => {
  const { source, changes, asleep } = bedFor();
  await asleep();
  source.close();
  assert.equal(changes.length, 1);
});
