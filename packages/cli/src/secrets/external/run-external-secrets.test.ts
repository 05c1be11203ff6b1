import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Client, kubeconfigConnection, unlessGone } from "@sallyport/cluster";
import { type ExternalSecretStatus, externalSecretsDefinitions } from "@sallyport/secrets/stores";
import { openGatehouse } from "../../gatehouse.ts";
import { InputError } from "../../manifests.ts";
import { type ElectedSync, runElectedSync } from "./elected-sync.ts";
import { syncInstallManifests } from "./install-manifests.ts";
import { runExternalSecrets } from "./run-external-secrets.ts";

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

const homes: { readonly [kind: string]: string } = {
  Namespace: "/api/v1/namespaces",
  ServiceAccount: "/api/v1/namespaces/NS/serviceaccounts",
  Secret: "/api/v1/namespaces/NS/secrets",
  ClusterRole: "/apis/rbac.authorization.k8s.io/v1/clusterroles",
  ClusterRoleBinding: "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
  Role: "/apis/rbac.authorization.k8s.io/v1/namespaces/NS/roles",
  RoleBinding: "/apis/rbac.authorization.k8s.io/v1/namespaces/NS/rolebindings",
  CustomResourceDefinition: "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
  SecretStore: "/apis/external-secrets.io/v1/namespaces/NS/secretstores",
  ClusterSecretStore: "/apis/external-secrets.io/v1/clustersecretstores",
  ExternalSecret: "/apis/external-secrets.io/v1/namespaces/NS/externalsecrets",
};

function homeOf({ kind, metadata }: Manifest): string {
  return (homes[kind] as string).replace("NS", metadata.namespace ?? "");
}

/** A cluster, and whom `sync` is there: an account with the roles that are printed for it. */
class Bed {
  readonly #t: TestContext;
  readonly files: string;
  readonly said: string[] = [];
  readonly #admin: Client;
  readonly #connection: ReturnType<typeof kubeconfigConnection>;

  static async open(t: TestContext): Promise<Bed> {
    const folder = mkdtempSync(join(tmpdir(), "sallyport-external-"));
    const options = { folder, host: "127.0.0.1", port: 0, memory: true, chain: {} };
    const gatehouse = await openGatehouse({ ...options, onFault: assert.ifError });
    const bed = new Bed(t, folder, kubeconfigConnection(gatehouse.kubeconfigFile, { environment: {}, now: Date.now }));
    t.after(async () => {
      bed.#admin.close();
      await gatehouse.close();
      rmSync(folder, { recursive: true, force: true });
    });
    return bed;
  }

  private constructor(t: TestContext, folder: string, connection: ReturnType<typeof kubeconfigConnection>) {
    this.#t = t;
    this.files = join(folder, "stores");
    for (const space of ["shop", "other"]) mkdirSync(join(this.files, space), { recursive: true });
    this.#connection = connection;
    this.#admin = new Client(connection);
  }

  async make(...manifests: readonly object[]): Promise<void> {
    for (const each of manifests as readonly Manifest[])
      await this.#admin.ask(homeOf(each), { method: "POST", body: each });
  }

  get<T>(kind: string, namespace: string, name: string): Promise<T | undefined> {
    return unlessGone(this.#admin.ask(`${homeOf({ kind, metadata: { name, namespace } })}/${name}`)) as Promise<T>;
  }

  async remove(kind: string, namespace: string, name: string): Promise<void> {
    await this.#admin.ask(`${homeOf({ kind, metadata: { name, namespace } })}/${name}`, { method: "DELETE" });
  }

  /** Reads until it is as it should be. */
  async until<T>(what: string, read: () => Promise<T>, is: (value: T) => boolean): Promise<T> {
    for (let tries = 0; tries < 600; tries++) {
      const value = await read();
      if (is(value)) return value;
      await new Promise((done) => setTimeout(done, 50));
    }
    return assert.fail(`${what} did not come; said: ${this.said.join("; ")}`);
  }

  async data(namespace: string, name: string): Promise<{ readonly [key: string]: string } | undefined> {
    const secret = await this.get<{ readonly data?: { readonly [key: string]: string } }>("Secret", namespace, name);
    const pairs = Object.entries(secret?.data ?? {});
    return (
      secret && Object.fromEntries(pairs.map(([key, value]) => [key, Buffer.from(value, "base64").toString("utf8")]))
    );
  }

  status(namespace: string, name: string): Promise<ExternalSecretStatus | undefined> {
    return this.get<{ readonly status?: ExternalSecretStatus }>("ExternalSecret", namespace, name).then(
      (found) => found?.status,
    );
  }

  async events(namespace: string): Promise<readonly string[]> {
    const { items } = await this.#admin.page(`/api/v1/namespaces/${namespace}/events`, {});
    return items.map((each) => `${each["reason"]} ${each["message"]}`);
  }

  /** By the printed roles; for one namespace by those for one. */
  async start(onlyNamespace?: string): Promise<void> {
    const running = await runExternalSecrets(await this.#options(onlyNamespace));
    this.#t.after(() => running.close());
  }

  /** Replicas by the printed roles, with a Lease of three seconds. */
  async startReplicas(count: number): Promise<readonly ElectedSync[]> {
    const options = await this.#options();
    const times = { leaseSeconds: 3, renewDeadlineSeconds: 2, retrySeconds: 0.2 };
    const replicas: ElectedSync[] = [];
    for (let i = 0; i < count; i++)
      replicas.push(await runElectedSync(options, { namespace: "sync", name: "l", times }));
    return replicas;
  }

  async #options(onlyNamespace?: string): Promise<Parameters<typeof runExternalSecrets>[0]> {
    const place = { namespace: "sync", image: "i", args: [], ...(onlyNamespace !== undefined && { onlyNamespace }) };
    await this.make(...syncInstallManifests(place).filter((each) => (each as Manifest).kind !== "Deployment"));
    const path = "/api/v1/namespaces/sync/serviceaccounts/sallyport-secrets-sync/token";
    const answer = await this.#admin.ask(path, { method: "POST", body: { spec: {} } });
    const { token } = (answer as { readonly status: { readonly token: string } }).status;
    const { cert: _, key: _key, ...anonymous } = this.#connection;
    return {
      connection: { ...anonymous, token: () => token },
      ...(onlyNamespace !== undefined && { namespace: onlyNamespace }),
      controllerClass: "default",
      fileRoot: this.files,
      lendsOwn: false,
      timeoutMs: 5_000,
      say: (text) => void this.said.push(text),
    };
  }

  /** Who may define kinds. */
  async startAsAdmin(): Promise<void> {
    const running = await runExternalSecrets({
      connection: this.#connection,
      controllerClass: "default",
      createsKinds: true,
      lendsOwn: false,
      timeoutMs: 5_000,
      say: (text) => void this.said.push(text),
    });
    await running.close();
  }

  async define(): Promise<void> {
    await this.make(...externalSecretsDefinitions);
    for (const { metadata } of externalSecretsDefinitions)
      await this.until(
        metadata.name ?? "",
        () => this.get<object>("CustomResourceDefinition", "", metadata.name ?? ""),
        (found) => JSON.stringify(found).includes('"type":"Established"'),
      );
  }
}

const apiVersion = "external-secrets.io/v1";
const namespace = (name: string) => ({ kind: "Namespace", metadata: { name } });
const store = (kind: string, place: object, provider: object) => ({
  apiVersion,
  kind,
  metadata: { name: "main", ...place },
  spec: { provider },
});
const external = (name: string, space: string, spec: object) => ({
  apiVersion,
  kind: "ExternalSecret",
  metadata: { name, namespace: space },
  spec: { secretStoreRef: { name: "main" }, ...spec },
});

test("Secrets are made by the printed roles, made again when they go, and nothing that is told has a value", async (t) => {
  const bed = await Bed.open(t);
  writeFileSync(join(bed.files, "shop", "db"), '{"user":"ann","password":"canary-1"}');
  await bed.define();
  await bed.make(
    namespace("shop"),
    store("SecretStore", { namespace: "shop" }, { file: { folder: "." } }),
    external("db", "shop", { dataFrom: [{ extract: { key: "db" } }] }),
    external("bad", "shop", { data: [{ secretKey: "k", remoteRef: { key: "db", property: "none" } }] }),
  );
  await bed.start();
  const made = await bed.until(
    "the Secret",
    () => bed.data("shop", "db"),
    (data) => data !== undefined,
  );
  assert.deepEqual(made, { user: "ann", password: "canary-1" });
  await bed.remove("Secret", "shop", "db");
  await bed.until(
    "the Secret, again,",
    () => bed.data("shop", "db"),
    (data) => data !== undefined,
  );
  const bad = await bed.until(
    "a status",
    () => bed.status("shop", "bad"),
    (status) => status?.conditions !== undefined,
  );
  assert.equal(
    bad?.conditions?.[0]?.message,
    "could not get secret data from provider: spec.data[0]: the secret has no property none",
  );
  const ready = await bed.until(
    "a status",
    () => bed.status("shop", "db"),
    (status) => status?.binding !== undefined,
  );
  const found = await bed.get<{ readonly status: object }>("SecretStore", "shop", "main");
  assert.deepEqual((found?.status as { capabilities?: string }).capabilities, "ReadOnly");
  const events = await bed.until(
    "events",
    () => bed.events("shop"),
    (all) => all.some((each) => /UpdateFailed/.test(each)),
  );
  assert.ok(events.includes("Created secret created"));
  assert.ok(!JSON.stringify([bad, ready, found, events, bed.said]).includes("canary"));
});

test("a store of the cluster reads another namespace by the rights of the account that it names", async (t) => {
  const bed = await Bed.open(t);
  await bed.define();
  const account = { name: "reader", namespace: "vaults" };
  const provider = { kubernetes: { remoteNamespace: "vaults", auth: { serviceAccount: account } } };
  const rules = [{ apiGroups: [""], resources: ["secrets"], resourceNames: ["db"], verbs: ["get"] }];
  const reader = { name: "reader", namespace: "vaults" };
  const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "reader" };
  const secret = (name: string) => ({
    kind: "Secret",
    metadata: { name, namespace: "vaults" },
    stringData: { k: "canary" },
  });
  await bed.make(
    namespace("vaults"),
    namespace("shop"),
    { kind: "ServiceAccount", metadata: reader },
    { kind: "Role", metadata: reader, rules },
    { kind: "RoleBinding", metadata: reader, roleRef, subjects: [{ kind: "ServiceAccount", ...reader }] },
    secret("db"),
    secret("other"),
    store("ClusterSecretStore", {}, provider),
  );
  await bed.start();
  const secretStoreRef = { name: "main", kind: "ClusterSecretStore" };
  const of = (name: string) => external(name, "shop", { secretStoreRef, dataFrom: [{ extract: { key: name } }] });
  await bed.make(of("db"), of("other"));
  assert.deepEqual(
    await bed.until(
      "the Secret",
      () => bed.data("shop", "db"),
      (data) => data !== undefined,
    ),
    {
      k: "canary",
    },
  );
  const other = await bed.until(
    "a status",
    () => bed.status("shop", "other"),
    (each) => each?.conditions !== undefined,
  );
  assert.match(other?.conditions?.[0]?.message ?? "", /User "system:serviceaccount:vaults:reader" cannot get/);
});

test("for one namespace, a Role of it is enough, and others are left", async (t) => {
  const bed = await Bed.open(t);
  writeFileSync(join(bed.files, "shop", "db"), "canary");
  await bed.define();
  for (const space of ["shop", "other"])
    await bed.make(
      namespace(space),
      store("SecretStore", { namespace: space }, { file: { folder: "." } }),
      external("db", space, { data: [{ secretKey: "k", remoteRef: { key: "db" } }] }),
    );
  await bed.start("shop");
  assert.deepEqual(
    await bed.until(
      "the Secret",
      () => bed.data("shop", "db"),
      (data) => data !== undefined,
    ),
    {
      k: "canary",
    },
  );
  assert.equal(await bed.status("other", "db"), undefined);
});

test("kinds are made where there are none, and left where they are", async (t) => {
  const bed = await Bed.open(t);
  for (let round = 0; round < 2; round++) await bed.startAsAdmin();
  assert.deepEqual(bed.said, []);
  await bed.make(namespace("shop"), store("SecretStore", { namespace: "shop" }, { file: { folder: "." } }));
});

test("kinds that are not served are told with what serves them", async (t) => {
  const bed = await Bed.open(t);
  await assert.rejects(
    bed.start(),
    new InputError(
      "the API server serves no ExternalSecrets (external-secrets.io/v1): sallyport secrets sync --print-crds | kubectl apply -f -",
    ),
  );
});

test("of two replicas one works, by the printed roles; when it goes the other one does", async (t) => {
  const bed = await Bed.open(t);
  writeFileSync(join(bed.files, "shop", "db"), '{"user":"ann"}');
  await bed.define();
  await bed.make(namespace("shop"), store("SecretStore", { namespace: "shop" }, { file: { folder: "." } }));
  const [first, second] = await bed.startReplicas(2);
  assert.ok(first !== undefined && second !== undefined);
  assert.deepEqual([first.running() !== undefined, second.running() !== undefined], [true, false]);
  await bed.make(external("db", "shop", { dataFrom: [{ extract: { key: "db" } }] }));
  const made = () => bed.data("shop", "db");
  await bed.until("the Secret", made, (data) => data !== undefined);
  await first.close();
  await bed.until(
    "the second one",
    async () => second.running(),
    (running) => running !== undefined,
  );
  await bed.remove("Secret", "shop", "db");
  await bed.until("the Secret, again,", made, (data) => data !== undefined);
  await second.close();
});
