/** Configurations, most of them wrong: what each of kube-apiserver's faults of an EncryptionConfiguration is about, and what is near it. */
export interface ConfigurationCase {
  readonly name: string;
  readonly text: string;
  /** With `--encryption-provider-config-automatic-reload`. */
  readonly reload?: true;
}

const head = "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\n";

const secretOf = (size: number) => Buffer.alloc(size, 7).toString("base64");
const identity = "[{ identity: {} }]";
const keys = (size: number) => `{ keys: [{ name: k, secret: "${secretOf(size)}" }] }`;

/** Rules as `[resources, providers]`. */
function rules(...list: readonly (readonly [string, string])[]): string {
  return `${head}resources:\n${list.map(([resources, providers]) => `- { resources: ${resources}, providers: ${providers} }\n`).join("")}`;
}

const ofResources = (resources: string) => rules([resources, identity]);
const ofProviders = (providers: string) => rules(["[secrets]", providers]);
const ofKey = (kind: string, key: string) => ofProviders(`[{ ${kind}: { keys: [${key}] } }]`);
const ofKms = (fields: string) => ofProviders(`[{ kms: ${fields} }]`);
const v1 = (more: string) => ofKms(`{ name: a, endpoint: "unix:///tmp/none.sock"${more} }`);
const v2 = (more: string) => ofKms(`{ apiVersion: v2, name: a, endpoint: "unix:///tmp/none.sock"${more} }`);
const twice = (one: string, other: string) => {
  const kms = (version: string) => `{ kms: { apiVersion: ${version}, name: a, endpoint: "unix:///tmp/none.sock" } }`;
  return rules(["[secrets]", `[${kms(one)}]`], ["[pods]", `[${kms(other)}]`]);
};

function named(group: string, texts: { readonly [name: string]: string }): readonly ConfigurationCase[] {
  return Object.entries(texts).map(([name, text]) => ({ name: `${group}: ${name}`, text }));
}

const documents = named("document", {
  "a scalar": "a",
  "a list": "[]",
  null: "null",
  "no kind": "apiVersion: apiserver.config.k8s.io/v1\nresources: []\n",
  "no apiVersion": "kind: EncryptionConfiguration\nresources: []\n",
  "another kind": "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n",
  "a kind of nobody": "apiVersion: apiserver.config.k8s.io/v1\nkind: Secrets\n",
  "the old kind": "apiVersion: v1\nkind: EncryptionConfig\nresources: []\n",
  "another version": "apiVersion: apiserver.config.k8s.io/v1alpha1\nkind: EncryptionConfiguration\n",
  "another group": "apiVersion: apiserver.k8s.io/v1\nkind: EncryptionConfiguration\n",
  "nothing else": head,
  "no rule": `${head}resources: []\n`,
  "rules that are null": `${head}resources: null\n`,
  "rules that are a map": `${head}resources: {}\n`,
  "rules that are text": `${head}resources: secrets\n`,
  "a field too many": `${head}resources: []\nrules: []\n`,
  "a field in capitals": `${head}Resources: []\n`,
  "a field twice": `${head}resources: []\nresources: []\n`,
  metadata: `${head}metadata: { name: a }\nresources: [{ resources: [secrets], providers: ${identity} }]\n`,
});

const resources = named("resources", {
  none: ofResources("[]"),
  null: ofResources("null"),
  "no field": `${head}resources: [{ providers: ${identity} }]\n`,
  "an empty rule": `${head}resources: [{}]\n`,
  "a rule that is null": `${head}resources: [null]\n`,
  "a rule that is text": `${head}resources: [secrets]\n`,
  "a field too many": `${head}resources: [{ resources: [secrets], providers: ${identity}, keys: [] }]\n`,
  "two fields too many": `${head}resources: [{ resources: [secrets], providers: ${identity}, a: 1, b: 2 }]\n`,
  text: ofResources("secrets"),
  "a number": ofResources("[1]"),
  "an empty name": ofResources('[""]'),
  "a dot": ofResources('["."]'),
  capitals: ofResources("[Secrets]"),
  "capitals of a group": ofResources("[deployments.Apps]"),
  "a star": ofResources('["*"]'),
  "a star beside a resource": ofResources('["*", secrets]'),
  "what has no API": ofResources("[apiserveripinfo, serviceipallocations, servicenodeportallocations]"),
  "new events": ofResources("[events.events.k8s.io]"),
  "all new events": ofResources('["*.events.k8s.io"]'),
  "old ingresses": ofResources("[ingresses.extensions]"),
  "all of the old group": ofResources('["*.extensions"]'),
  "any group": ofResources('["secrets.*"]'),
  "any group, twice": ofResources('["secrets.*", "pods.*"]'),
  twice: ofResources("[secrets, secrets]"),
  "twice with and without a dot": ofResources('[secrets, "secrets."]'),
  "three times": ofResources("[pods, secrets, secrets, secrets]"),
  "a star of the core group": ofResources('["*."]'),
  "a star of the core group twice": ofResources('["*.", "*."]'),
  "a star of the core group and a resource": ofResources('["*.", secrets]'),
  "a resource and a star of the core group": ofResources('[secrets, "*."]'),
  "a star of a group and its resource": ofResources('["*.apps", deployments.apps]'),
  "a star of a group and another's resource": ofResources('["*.apps", secrets]'),
  "all and a resource": ofResources('["*.*", secrets]'),
  "all and a group": ofResources('["*.*", "*.apps"]'),
  "all twice": ofResources('["*.*", "*.*"]'),
  "twice and overlapping": ofResources('[secrets, secrets, "*."]'),
  "a kind that nobody serves": ofResources("[bananas.example.com]"),
  "every fault at once": ofResources('[Secrets, "*", events.events.k8s.io, "a.*", ingresses.extensions]'),
});

const masks = named("masks", {
  "its group": rules(['["*.apps"]', identity], ["[deployments.apps]", identity]),
  "the core group": rules(['["*."]', identity], ["[secrets]", identity]),
  "the group itself": rules(['["*.apps"]', identity], ['["*.apps"]', identity]),
  "all by all": rules(['["*.*"]', identity], ['["*.*"]', identity]),
  all: rules(['["*.*"]', identity], ["[secrets]", identity]),
  "all before a group": rules(['["*.*"]', identity], ['["*.apps"]', identity]),
  "all before the core group": rules(['["*.*"]', identity], ['["*."]', identity]),
  "the second of several": rules(['["*.apps", "*."]', identity], ["[roles.rbac.authorization.k8s.io, pods]", identity]),
  none: rules(["[secrets]", identity], ['["*."]', identity], ['["*.*"]', identity]),
  "the same twice": rules(["[secrets]", identity], ["[secrets]", `[{ aesgcm: ${keys(32)} }]`]),
});

const providers = named("providers", {
  none: ofProviders("[]"),
  "no field": `${head}resources: [{ resources: [secrets] }]\n`,
  "an empty one": ofProviders("[{}]"),
  "one that is null": ofProviders("[null]"),
  "one that is text": ofProviders("[identity]"),
  unknown: ofProviders("[{ aesctr: {} }]"),
  "a null identity": ofProviders("[{ identity: null }]"),
  "identity with a field": ofProviders("[{ identity: { a: 1 } }]"),
  "identity that is text": ofProviders("[{ identity: a }]"),
  "identity in capitals": ofProviders("[{ Identity: {} }]"),
  "two in one": ofProviders(`[{ identity: {}, aescbc: ${keys(32)} }]`),
  "two in one, and a short key": ofProviders(`[{ secretbox: ${keys(32)}, aesgcm: ${keys(7)} }]`),
  "all in one": ofProviders(
    `[{ identity: {}, aescbc: ${keys(32)}, aesgcm: ${keys(32)}, secretbox: ${keys(32)}, kms: {} }]`,
  ),
  "the second is wrong": ofProviders(`[{ identity: {} }, { aescbc: ${keys(5)} }]`),
  "twice the same": ofProviders("[{ identity: {} }, { identity: {} }]"),
});

const kinds = ["aescbc", "aesgcm", "secretbox"];
const sizes = [0, 1, 15, 16, 17, 24, 31, 32, 33, 64];

const keyed: readonly ConfigurationCase[] = [
  ...kinds.flatMap((kind) =>
    sizes.map((size) => ({ name: `keys: ${kind} ${size}`, text: ofProviders(`[{ ${kind}: ${keys(size)} }]`) })),
  ),
  ...named("keys", {
    null: ofProviders("[{ aescbc: null }]"),
    "no field": ofProviders("[{ aescbc: {} }]"),
    none: ofProviders("[{ aescbc: { keys: [] } }]"),
    "a map": ofProviders("[{ aescbc: { keys: {} } }]"),
    "a field too many": ofProviders("[{ aescbc: { keys: [], key: a } }]"),
    "an empty one": ofKey("aesgcm", "{}"),
    "one that is null": ofKey("aesgcm", "null"),
    "one that is text": ofKey("aesgcm", "a"),
    "no name": ofKey("aesgcm", `{ secret: "${secretOf(32)}" }`),
    "no name and a short secret": ofKey("aesgcm", `{ secret: "${secretOf(3)}" }`),
    "no secret": ofKey("secretbox", "{ name: a }"),
    "a name of a number": ofKey("secretbox", `{ name: 1, secret: "${secretOf(32)}" }`),
    "a field too many in one": ofKey("secretbox", `{ name: a, secret: "${secretOf(32)}", id: 1 }`),
    "no base64": ofKey("aescbc", "{ name: a, secret: '!' }"),
    "base64 without padding": ofKey("aescbc", `{ name: a, secret: "${secretOf(32).replace(/=+$/, "")}" }`),
    "base64 of URLs": ofKey("aescbc", `{ name: a, secret: "${Buffer.alloc(32, 255).toString("base64url")}=" }`),
    "base64 with a space": ofKey("aescbc", `{ name: a, secret: " ${secretOf(32)}" }`),
    "base64 with a line's end": ofKey("aescbc", `{ name: a, secret: "${secretOf(32)}\\n" }`),
    "base64 with bits left over": ofKey("aescbc", `{ name: a, secret: "${"A".repeat(42)}B=" }`),
    "a name twice": ofProviders(
      `[{ aescbc: { keys: [{ name: a, secret: "${secretOf(32)}" }, { name: a, secret: "${secretOf(16)}" }] } }]`,
    ),
    "a name with a colon": ofKey("aescbc", `{ name: "a:b", secret: "${secretOf(32)}" }`),
    "the second is wrong": ofProviders(`[{ aescbc: { keys: [{ name: a, secret: "${secretOf(32)}" }, { name: b }] } }]`),
  }),
];

const kms: readonly ConfigurationCase[] = [
  ...named("kms", {
    null: ofKms("null"),
    empty: ofKms("{}"),
    text: ofKms("a"),
    "v1 without its gate": v1(""),
    "v1 by its name": v1(", apiVersion: v1"),
    v2: v2(""),
    v3: v2("").replace("v2", "v3"),
    "an empty version": v2("").replace("v2", '""'),
    "v2 without a name": ofKms('{ apiVersion: v2, endpoint: "unix:///tmp/none.sock" }'),
    "v2 with a colon": v2("").replace("name: a", 'name: "a:b"'),
    "v1 with a colon": v1("").replace("name: a", 'name: "a:b"'),
    "no endpoint": ofKms("{ apiVersion: v2, name: a }"),
    "an endpoint of HTTP": ofKms('{ apiVersion: v2, name: a, endpoint: "https://a" }'),
    "an endpoint in capitals": ofKms('{ apiVersion: v2, name: a, endpoint: "UNIX:///tmp/none.sock" }'),
    "an endpoint that is a path": ofKms('{ apiVersion: v2, name: a, endpoint: "/tmp/none.sock" }'),
    "an endpoint without a scheme": ofKms('{ apiVersion: v2, name: a, endpoint: "://tmp/none.sock" }'),
    "an endpoint with a bad escape": ofKms('{ apiVersion: v2, name: a, endpoint: "unix:///%zz" }'),
    "an endpoint with a space before": ofKms('{ apiVersion: v2, name: a, endpoint: " unix:///tmp" }'),
    "an endpoint with a control character": ofKms('{ apiVersion: v2, name: a, endpoint: "unix:///\\u0001" }'),
    "an endpoint with a bad port": ofKms('{ apiVersion: v2, name: a, endpoint: "unix://a:b/c" }'),
    "an abstract socket": ofKms('{ apiVersion: v2, name: a, endpoint: "unix:///@none" }'),
    "a relative socket": ofKms('{ apiVersion: v2, name: a, endpoint: "unix://none.sock" }'),
    "a socket without slashes": ofKms('{ apiVersion: v2, name: a, endpoint: "unix:none.sock" }'),
    "no socket": ofKms('{ apiVersion: v2, name: a, endpoint: "unix://" }'),
    "no time": v2(", timeout: 0s"),
    "a negative time": v2(", timeout: -1s"),
    "no duration": v2(", timeout: soon"),
    "a duration without a unit": v2(', timeout: "3"'),
    "a duration of a number": v2(", timeout: 3"),
    "an empty duration": v2(', timeout: ""'),
    "a null duration": v2(", timeout: null"),
    "a cache in v2": v2(", cachesize: 5"),
    "a cache in v3": v2(", cachesize: 5").replace("v2", "v3"),
    "no cache in v1": v1(", cachesize: 0"),
    "a negative cache in v1": v1(", cachesize: -1"),
    "a cache of text": v1(', cachesize: "5"'),
    "a cache with a fraction": v1(", cachesize: 1.5"),
    "a cache too large": v1(", cachesize: 3000000000"),
    "a field too many": v2(", socket: a"),
    "a name twice in v1": twice("v1", "v1"),
    "a name twice in v2": twice("v2", "v2"),
    "a name twice in v1 and v2": twice("v1", "v2"),
    "a name twice in v2 and v1": twice("v2", "v1"),
    "every fault at once": ofKms('{ apiVersion: v9, name: "a:b", endpoint: "http://a", timeout: 0s, cachesize: 0 }'),
  }),
  { name: "kms: a name twice in v1, reloading", text: twice("v1", "v1"), reload: true },
  { name: "kms: a name twice in v2 and v1, reloading", text: twice("v2", "v1"), reload: true },
];

/** All of them, each with a name of its own. */
export const configurationCases: readonly ConfigurationCase[] = [
  ...documents,
  ...resources,
  ...masks,
  ...providers,
  ...keyed,
  ...kms,
];
