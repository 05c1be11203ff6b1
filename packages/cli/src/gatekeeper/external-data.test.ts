import assert from "node:assert/strict";
import { test } from "node:test";
import { checkManifests } from "../check/checker.ts";
import { parseManifests } from "../manifests.ts";
import { auditCluster } from "./audit-cluster.ts";
import type { createExternalData } from "./external-data.ts";
import { type Bed, configMap, constraint, eventually, template, withGatekeeper } from "./gatekeeper.fixture.ts";
import { startProvider, type TestProvider } from "./provider.fixture.ts";

const signed = template(
  "Signed",
  `answer := external_data({"provider": "signatures", "keys": [input.review.object.metadata.name]})
        count(answer.errors) > 0
        msg := sprintf("%v: %v", [answer.errors[0][0], answer.errors[0][1]])`,
);
const reached = template(
  "Reached",
  `answer := external_data({"provider": "signatures", "keys": ["a"]})
        answer.system_error != ""
        msg := answer.system_error`,
);
const maps = '{match: {kinds: [{apiGroups: [""], kinds: [ConfigMap]}], namespaces: [default]}}';
const pods = `
---
apiVersion: mutations.gatekeeper.sh/v1
kind: Assign
metadata: {name: signed-images}
spec:
  applyTo: [{groups: [""], versions: [v1], kinds: [ConfigMap]}]
  match: {namespaces: [default]}
  location: data.image
  parameters: {assign: {externalData: {provider: signatures}}}
`;

const providerText = ({ url, caBundle }: Pick<TestProvider, "url" | "caBundle">, more = "") => `
---
apiVersion: externaldata.gatekeeper.sh/v1beta1
kind: Provider
metadata: {name: signatures}
spec: {url: ${url}, caBundle: ${caBundle}, ${more}}
`;

async function withProvider(run: (provider: TestProvider) => Promise<void>, needsClient = false): Promise<void> {
  const provider = await startProvider(needsClient);
  try {
    await run(provider);
  } finally {
    provider.close();
  }
}

async function serve(bed: Bed, text: string): Promise<void> {
  assert.equal(await bed.apply(text), "created");
  const name = /kind: ConstraintTemplate\nmetadata: \{name: (\w+)\}/.exec(text)?.[1];
  await eventually(
    () => bed.get(`/apis/templates.gatekeeper.sh/v1/constrainttemplates/${name}`),
    (each) => each["status"]?.created === true,
  );
}

const asked = { externalData: { isAsked: true } };

test("templates and mutators ask a provider over TLS; each key is asked once for both requests of it", () =>
  withProvider((provider) =>
    withGatekeeper(
      async (bed) => {
        assert.equal(await bed.apply(providerText(provider)), "created");
        await serve(bed, signed);
        assert.equal(await bed.apply(constraint("Signed", "signed", maps)), "created");
        assert.match(await bed.apply(configMap("bad-one")), /denied the request: \[signed\] bad-one: bad-one_invalid$/);
        assert.match(await bed.apply(configMap("bad-one")), /bad-one_invalid$/);
        assert.equal(await bed.apply(configMap("good")), "created");
        assert.deepEqual(
          provider.requests.map(({ keys }) => keys.join()),
          ["bad-one", "good"],
        );
        assert.equal(await bed.apply(pods), "created");
        assert.equal(await bed.apply(`${configMap("mutated")}data: {image: nginx}\n`), "created");
        const { data } = await bed.get("/api/v1/namespaces/default/configmaps/mutated");
        assert.deepEqual(data, { image: "nginx_valid" });
        const refused = await bed.apply(`${configMap("refused")}data: {image: bad}\n`);
        assert.match(
          refused,
          /external data placeholders: failed to retrieve external data item from provider signatures: bad_invalid/,
        );
        const { status } = await eventually(
          () => bed.get("/apis/externaldata.gatekeeper.sh/v1beta1/providers/signatures"),
          (each) => each["status"]?.byPod !== undefined,
        );
        assert.equal(status.byPod[0].active, true);
      },
      {},
      asked,
    ),
  ));

test("an audit asks providers, too", () =>
  withProvider((provider) =>
    withGatekeeper(
      async (bed) => {
        await bed.apply(configMap("bad-one"));
        await bed.apply(providerText(provider));
        await serve(bed, signed);
        await bed.apply(constraint("Signed", "signed", maps));
        const messages: string[] = [];
        await auditCluster({
          client: bed.client,
          chunkSize: 10,
          violationsLimit: 1,
          writesStatus: false,
          now: () => 0,
          externalData: { isAsked: true },
          onViolation: ({ message }) => void messages.push(message),
        });
        assert.deepEqual(messages, ["bad-one: bad-one_invalid"]);
      },
      {},
      asked,
    ),
  ));

const providersRefused: ReadonlyArray<[what: string, text: string, fault: RegExp]> = [
  ["without TLS", providerText({ url: "http://p/", caBundle: "eA==" }), /only HTTPS scheme is supported for Providers/],
  [
    "without an authority",
    providerText({ url: "https://p/", caBundle: '""' }),
    /caBundle should be set for HTTPS scheme/,
  ],
];

for (const [what, text, fault] of providersRefused)
  test(`a provider ${what} is refused`, () =>
    withGatekeeper(async (bed) => {
      assert.match(await bed.apply(text), fault);
    }));

/** The verdict on a ConfigMap among files with a Provider, and why. */
async function check(texts: readonly string[], externalData?: Parameters<typeof createExternalData>[0]) {
  const manifests = parseManifests("f.yaml", [...texts, configMap("bad-one")].join(""));
  const { results } = await checkManifests(manifests, {
    policies: [],
    chain: {},
    user: { username: "kubernetes-admin", groups: ["system:masters", "system:authenticated"] },
    namespace: "default",
    ...(externalData === undefined ? {} : { externalData }),
  });
  const { verdict, message } = results.at(-1) ?? {};
  return `${verdict}: ${message}`;
}

test("check asks where it may; else what needs an answer is refused", () =>
  withProvider(async (provider) => {
    const files = [providerText(provider), signed, constraint("Signed", "signed", maps)];
    assert.match(await check(files, { isAsked: true }), /^denied: .*\[signed\] bad-one: bad-one_invalid$/);
    assert.match(await check(files), /^denied: .*provider "signatures" is not asked unless --external-data is given$/);
    assert.equal(provider.requests.length, 1);
    assert.match(await check([signed, constraint("Signed", "signed", maps)]), /^allowed/);
  }));

const faults: ReadonlyArray<[what: string, change: (provider: TestProvider) => string, fault: RegExp]> = [
  [
    "another authority",
    ({ url }) => providerText({ url, caBundle: Buffer.from(otherAuthority).toString("base64") }),
    /\[reached\] failed to send external data request: Post "https:.*": tls: failed to verify certificate/,
  ],
  [
    "no answer in time",
    ({ url, caBundle }) => providerText({ url: `${url}/slow`, caBundle }, "timeout: 1"),
    /\[reached\] failed to send external data request: Post "https:.*\/slow": context deadline exceeded/,
  ],
];

/** Of nobody. */
let otherAuthority = "";

for (const [what, change, fault] of faults)
  test(`a template learns of ${what}`, () =>
    withProvider(async (provider) => {
      const other = await startProvider();
      other.close();
      otherAuthority = Buffer.from(other.caBundle, "base64").toString();
      const files = [change(provider), reached, constraint("Reached", "reached", maps)];
      assert.match(await check(files, { isAsked: true }), fault);
    }));

test("a provider that wants a client's certificate is shown ours", () =>
  withProvider(async (provider) => {
    const files = [providerText(provider), reached, constraint("Reached", "reached", maps)];
    assert.match(await check(files, { isAsked: true }), /^denied: .*failed to send external data request/);
    const { certificate, key } = provider.client;
    assert.match(await check(files, { isAsked: true, clientCertificate: () => ({ certificate, key }) }), /^allowed/);
    assert.deepEqual(provider.requests, [{ keys: ["a"], client: "sallyport" }]);
  }, true));
