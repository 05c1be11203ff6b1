import { generateKeyPairSync, randomBytes } from "node:crypto";
import { createChain, emptyPolicySet, type Plugin } from "@sallyport/admission";
import { builtinCatalogue, findKind, type KubeObject, parseApiVersion } from "@sallyport/kube";
import { createCa, type KeyPair } from "@sallyport/pki";
import { createRegistry } from "../admitting-registry.ts";
import { serviceAccountKeys } from "../authentication/service-account-keys.ts";
import type { Attributes } from "../authorization/authorizer.ts";
import { Cache } from "../registry/cache.ts";
import type { Registry } from "../registry/registry.ts";
import { defaultServiceRanges } from "../registry/service-ranges.ts";
import { createMemoryStore } from "../storage/memory-store.ts";
import { Client } from "./client.ts";
import type { ControllerContext } from "./controller.ts";
import { runControllers } from "./run.ts";
import { selectControllers } from "./select.ts";
import type { Clock } from "./work-queue.ts";

/** 2026-01-01T00:00:00Z. */
export const startMs = Date.UTC(2026, 0, 1);

/** A clock that stands still until it is turned. */
export class FakeClock implements Clock {
  #now = startMs;
  #timers: { at: number; readonly call: () => void }[] = [];

  readonly now = (): number => this.#now;

  readonly after = (milliseconds: number, call: () => void): (() => void) => {
    const timer = { at: this.#now + milliseconds, call };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
    };
  };

  /** The clock is set anew: timers do not feel it. */
  step(milliseconds: number): void {
    this.#now += milliseconds;
    for (const timer of this.#timers) timer.at += milliseconds;
  }

  /** Calls what is due by then, and stands there. */
  turn(milliseconds: number): void {
    this.#now += milliseconds;
    const due = this.#timers.filter(({ at }) => at <= this.#now).sort((a, b) => a.at - b.at);
    this.#timers = this.#timers.filter(({ at }) => at > this.#now);
    for (const { call } of due) call();
  }
}

/** Objects in memory, and controllers that look after them. */
export class World {
  readonly clock = new FakeClock();
  readonly faults: unknown[] = [];
  /** Where volumes are made; taken at the next `restart`. */
  volumeFolder: string | undefined;
  /** What anybody may, when controllers ask. */
  mayDo: (asked: Attributes) => boolean = () => true;
  readonly #controllers: readonly string[];
  #ca: KeyPair = { certificate: "the CA", key: "its key" };
  #cache!: Cache;
  #registry!: Registry;
  #client!: Client;
  #namespace!: KubeObject;
  #stop: () => Promise<void> = async () => {};

  private constructor(controllers: readonly string[]) {
    this.#controllers = controllers;
  }

  static async with(...controllers: readonly string[]): Promise<World> {
    const world = new World(controllers);
    if (controllers.includes("csrsigning"))
      world.#ca = await createCa("CN=sallyport-ca", { now: Date.now(), days: 3650 });
    const store = createMemoryStore();
    world.#cache = await Cache.over(store);
    world.#registry = createRegistry(
      {
        store,
        plugins: createChain({
          disable: ["ServiceAccount", "TaintNodesByCondition", "CertificateApproval", "CertificateSigning"],
        }) as readonly Plugin[],
        effects: { now: world.clock.now, ticks: () => 0, randomBytes: (size) => randomBytes(size) },
        policies: () => ({ set: emptyPolicySet, data: {} }),
      },
      world.#cache,
    );
    const admin = { username: "admin", groups: ["system:masters"] };
    world.#client = new Client(world.#registry, world.#cache, builtinCatalogue, admin);
    const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "default" } };
    world.#namespace = await world.create(namespace);
    await world.restart();
    return world;
  }

  /** Stops the controllers and starts new ones, as after a restart of the server. */
  async restart(controllers: readonly string[] = this.#controllers): Promise<void> {
    await this.#stop();
    const kinds = selectControllers(controllers);
    if (typeof kinds === "string") throw new Error(kinds);
    this.#stop = await runControllers(kinds, {
      cache: this.#cache,
      registry: this.#registry,
      catalogue: builtinCatalogue,
      clock: this.clock,
      randomBytes: (size) => randomBytes(size),
      nodeName: "laptop",
      ...(this.volumeFolder === undefined ? {} : { volumeFolder: this.volumeFolder }),
      serviceRanges: defaultServiceRanges,
      serviceAccountKeys: serviceAccountKeys(signingKey(), []),
      ca: this.#ca,
      authorizer: { authorize: (asked) => ({ decision: this.mayDo(asked) ? "Allow" : "NoOpinion", reason: "" }) },
      onFault: (error) => this.faults.push(error),
    });
    await this.settle();
  }

  async create(object: KubeObject): Promise<KubeObject> {
    const { apiVersion, kind, metadata } = object;
    const { group, version } = parseApiVersion(apiVersion);
    const namespace = findKind(group, version, kind)?.namespaced === true ? { namespace: "default" } : {};
    return this.#client.create({ ...object, metadata: { ...namespace, ...metadata } });
  }

  async update(object: KubeObject, change: (fresh: KubeObject) => KubeObject): Promise<void> {
    await this.#client.update(object, change);
    await this.settle();
  }

  /** Says yes or no to a signing request. */
  async answer(request: KubeObject, type: "Approved" | "Denied"): Promise<void> {
    const conditions = [{ type, status: "True", reason: "Asked" }];
    await this.#client.updatePart("approval", request, (fresh) => ({ ...fresh, status: { conditions } }));
    await this.settle();
  }

  async setStatus(object: KubeObject, status: object): Promise<void> {
    await this.#client.updateStatus(object, (fresh) => ({
      ...fresh,
      status: { ...((fresh["status"] ?? {}) as object), ...status },
    }));
  }

  async delete(
    object: KubeObject,
    propagationPolicy?: "Orphan" | "Foreground" | "Background",
    gracePeriodSeconds?: number,
  ): Promise<void> {
    const policy = propagationPolicy === undefined ? {} : { propagationPolicy };
    await this.#client.delete(object, gracePeriodSeconds === undefined ? policy : { ...policy, gracePeriodSeconds });
    await this.settle();
  }

  /** Which pods the namespace lets in: `privileged` all. */
  async enforce(level: "privileged" | "restricted"): Promise<void> {
    const labels = { "pod-security.kubernetes.io/enforce": level };
    await this.update(this.#namespace, (fresh) => ({ ...fresh, metadata: { ...fresh.metadata, labels } }));
  }

  get(group: string, resource: string, name: string): KubeObject | undefined {
    return this.#cache.get(group, resource, "default", name);
  }

  /** What something that acts as the administrator is made from; nothing is told. */
  context(): Pick<ControllerContext, "cache" | "client" | "clock" | "record" | "onFault"> {
    const onFault = (error: unknown) => this.faults.push(error);
    return { cache: this.#cache, client: this.#client, clock: this.clock, record: () => {}, onFault };
  }

  /** An object of any namespace. */
  in(namespace: string, group: string, resource: string, name: string): KubeObject | undefined {
    return this.#cache.get(group, resource, namespace, name);
  }

  /** An object that lies in no namespace. */
  cluster(group: string, resource: string, name: string): KubeObject | undefined {
    return this.#cache.get(group, resource, "", name);
  }

  list(group: string, resource: string): readonly KubeObject[] {
    return this.#cache.list(group, resource, "default");
  }

  names(group: string, resource: string): readonly string[] {
    return this.list(group, resource).map(({ metadata }) => metadata.name ?? "");
  }

  /** Turns the clock, then waits until the controllers have done what they wanted. */
  async turn(milliseconds: number): Promise<void> {
    this.clock.turn(milliseconds);
    await this.settle();
  }

  /** Resolves when nothing has been written for a while; throws what was a bug of a controller. */
  async settle(): Promise<void> {
    for (let quiet = 0, revision = -1, turns = 0; quiet < 20; quiet++) {
      if (++turns > 10_000) throw new Error("the controllers never come to rest");
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#cache.revision !== revision) quiet = 0;
      revision = this.#cache.revision;
    }
    if (this.faults.length > 0) throw this.faults[0];
  }

  async stop(): Promise<void> {
    await this.#stop();
  }
}

function signingKey(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

/** Runs with a world, and stops its controllers. */
export async function withWorld(controllers: readonly string[], run: (world: World) => Promise<void>): Promise<void> {
  const world = await World.with(...controllers);
  try {
    await run(world);
  } finally {
    await world.stop();
  }
}
