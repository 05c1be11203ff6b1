import type { ObjectReader, Plugin } from "@sallyport/admission";
import {
  celEngine,
  constraintDefinition,
  type GatekeeperPluginOptions,
  GatekeeperPolicies,
  gatekeeperPlugin,
  readTemplate,
  regoEngine,
  type StoredChange,
} from "@sallyport/constraints";
import { createEffects } from "@sallyport/effects";
import type { Catalogue, GroupVersionKind, KubeObject } from "@sallyport/kube";
import { createExternalData, type ExternalDataSettings } from "./external-data.ts";

/** Gatekeeper in a chain: what is in force, and the plugin that asks it. */
export interface Gatekeeper {
  readonly policies: GatekeeperPolicies;
  readonly plugin: Plugin;
}

export interface GatekeeperOptions extends GatekeeperPluginOptions {
  /** Providers are not asked when absent. */
  readonly externalData?: ExternalDataSettings | undefined;
}

/** `stored` answers what is known of a kind that is to be replicated. */
export function createGatekeeper(
  stored: (kind: GroupVersionKind) => Iterable<StoredChange>,
  { externalData: settings = { isAsked: false }, ...options }: GatekeeperOptions = {},
): Gatekeeper {
  const externalData = createExternalData(settings);
  const engines = [celEngine({ failurePolicy: "Fail" }), regoEngine({ effects: createEffects(), externalData })];
  const policies = new GatekeeperPolicies({ engines, stored, externalData });
  return { policies, plugin: gatekeeperPlugin({ current: () => policies }, options) };
}

/** The definition of a template's constraints. Throws `FrameworkError`. */
export function definitionFor(template: KubeObject): KubeObject {
  return constraintDefinition(readTemplate(template));
}

/** All that a reader knows of a kind, as if it came now. */
export function storedIn(
  objects: Pick<ObjectReader, "list">,
  catalogue: Pick<Catalogue, "findKind">,
  { group, version, kind }: GroupVersionKind,
): readonly StoredChange[] {
  const info = catalogue.findKind(group, version, kind);
  if (info === undefined) return [];
  const { resource } = info;
  return objects.list(group, resource).map((object) => ({
    resource: { group, resource },
    namespace: object.metadata.namespace ?? "",
    name: object.metadata.name ?? "",
    object,
  }));
}
