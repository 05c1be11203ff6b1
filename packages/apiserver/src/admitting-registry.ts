import { randomBytes } from "node:crypto";
import {
  type Authorizer as AdmissionAuthorizer,
  type AdmissionEffects,
  admit,
  type Decision,
  type Operation,
  type Plugin,
  type PolicySet,
  type Snapshot,
} from "@sallyport/admission";
import { authorizeByRbac, builtinCatalogue, type Catalogue, type KubeObject } from "@sallyport/kube";
import type { Authorizer } from "./authorization/authorizer.ts";
import { escalationGuard } from "./authorization/escalation.ts";
import { podCertificateGuard } from "./authorization/pod-certificate-signing.ts";
import { chainEffects } from "./chain-effects.ts";
import { CustomCatalogue } from "./custom/catalogue.ts";
import type { Cache } from "./registry/cache.ts";
import type { Guard } from "./registry/context.ts";
import { Registry, type RegistryOptions } from "./registry/registry.ts";
import type { Store } from "./storage/store.ts";

/** The policies in force, and `data` as they see it. */
export interface Policies {
  readonly set: PolicySet;
  readonly data: { readonly [name: string]: unknown };
}

export interface RegistryWiring
  extends Pick<
    RegistryOptions,
    "storageMediaType" | "eventTtlSeconds" | "serviceRanges" | "onAllocated" | "onStored" | "onRules" | "onConverted"
  > {
  readonly store: Store;
  readonly plugins: readonly Plugin[];
  readonly effects: AdmissionEffects;
  /** Asked at each request. */
  readonly policies: () => Policies | Promise<Policies>;
  /** Sees every decision, also those that allow. */
  readonly onDecision?: (decision: Decision, operation: Operation) => void;
  /** What is served; the built-in resources when absent. */
  readonly catalogue?: Catalogue;
}

/** The registry with its admission chain, as the server uses it; offline checks use the same one, without an authorizer. */
export function createRegistry(options: RegistryWiring, cache: Cache, authorizer?: Authorizer): Registry {
  const { catalogue = offlineCatalogue(options.plugins, cache) } = options;
  const effects = chainEffects(options.effects, cache, catalogue, () => registry);
  const asked = admissionAuthorizer(cache, authorizer);
  const registry = new Registry({
    ...options,
    cache,
    ...(authorizer === undefined ? {} : { guard: guardOf(cache, authorizer) }),
    now: options.effects.now,
    randomBytes: (size) => randomBytes(size),
    ...(options.effects.post === undefined ? {} : { post: options.effects.post }),
    admit: async (request, validate) => {
      const policies = options.policies();
      const { set, data } = policies instanceof Promise ? await policies : policies;
      const snapshot: Snapshot = {
        generation: cache.revision,
        objects: cache.reader,
        catalogue,
        authorizer: asked,
        policies: set,
        policyData: data,
      };
      const decision = await admit(request, snapshot, effects, { plugins: options.plugins, validate });
      options.onDecision?.(decision, request.operation);
      return decision;
    },
  });
  return registry;
}

/** What roles and signers say of a write, whose resources are not the same. */
function guardOf(cache: Cache, authorizer: Authorizer): Guard {
  const [escalates, signs] = [escalationGuard(cache.reader, authorizer), podCertificateGuard(authorizer)];
  return (object, old, context) => escalates(object, old, context) ?? signs(object, old, context);
}

/** What is served offline: what is built in, what the plugins add, and definitions among the objects. */
export function offlineCatalogue(plugins: readonly Plugin[], cache: Cache): Catalogue {
  return new CustomCatalogue(cache, definitionsOf(plugins), builtinCatalogue);
}

/** Resources that plugins bring along. */
export function definitionsOf(plugins: readonly Plugin[]): readonly KubeObject[] {
  return plugins.flatMap(({ definitions }) => definitions ?? []);
}

/** Whom plugins ask: the server's own authorizer; offline the roles among the objects. */
function admissionAuthorizer(cache: Cache, authorizer: Authorizer | undefined): AdmissionAuthorizer {
  if (authorizer === undefined) return { authorize: (attributes) => authorizeByRbac(cache.reader, attributes) };
  return {
    authorize: async (attributes) => {
      const { decision, reason } = await authorizer.authorize(attributes);
      return { allowed: decision === "Allow", reason };
    },
  };
}
