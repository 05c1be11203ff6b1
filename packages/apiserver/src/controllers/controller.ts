import type { Catalogue, RecordEvent } from "@sallyport/kube";
import type { ServiceAccountKeys } from "../authentication/service-account-keys.ts";
import type { Authorizer } from "../authorization/authorizer.ts";
import type { Cache } from "../registry/cache.ts";
import type { Registry } from "../registry/registry.ts";
import type { ServiceRanges } from "../registry/service-ranges.ts";
import type { Client } from "./client.ts";
import type { Clock, QueueObserver } from "./work-queue.ts";

/** Something that follows objects and makes the world as they say. */
export interface Controller {
  readonly name: string;
  /** Takes up what was left undone, then follows. Resolves when the first round is done. */
  readonly start: () => Promise<void>;
  /** Resolves when it writes nothing more. */
  readonly stop: () => Promise<void>;
}

/** What every controller is made from. */
export interface ControllerWorld {
  readonly cache: Cache;
  readonly registry: Registry;
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  readonly randomBytes: (size: number) => Uint8Array;
  /** The cluster's certificate authority, in PEM. */
  readonly ca: { readonly certificate: string; readonly key: string };
  /** What tokens of service accounts are signed with. */
  readonly serviceAccountKeys: ServiceAccountKeys;
  /** Which addresses services get. */
  readonly serviceRanges: ServiceRanges;
  /** Where the API server was told to listen; absent where any port would do. */
  readonly port?: number;
  /** The name of the machine, by which the server is known to others; no lease tells of it when absent. */
  readonly hostname?: string;
  /** Who may what, as the server itself asks. */
  readonly authorizer: Authorizer;
  /** The name of this machine's own Node, where it is one. */
  readonly nodeName?: string;
  /** Where volumes of this machine are made; none are when absent, or where it is no node. */
  readonly volumeFolder?: string;
  /** Who is told of what the queue of a controller does, by its name. */
  readonly observeQueue?: (name: string) => QueueObserver;
  /** Told of what is a bug of ours: anything thrown that is no refusal. */
  readonly onFault: (error: unknown) => void;
}

/** The same with a client that writes as the controller's own account, and events that name the controller. */
export interface ControllerContext extends ControllerWorld {
  readonly client: Client;
  readonly record: RecordEvent;
}

/** A controller as kube-controller-manager knows it. */
export interface ControllerKind {
  /** As `--controllers` names it: `garbage-collector-controller`. */
  readonly name: string;
  /** The name that `--controllers` took before 1.28: `garbagecollector`. */
  readonly alias: string;
  /** The service account of kube-system as which it writes: `generic-garbage-collector`. */
  readonly account: string;
  /** The user as which it writes, where that is no service account. */
  readonly user?: string;
  /** True for one that `*` does not turn on. */
  readonly isOptional?: boolean;
  /** How its events name it; as the controller when absent. */
  readonly component?: string;
  readonly create: (context: ControllerContext) => Controller;
}
