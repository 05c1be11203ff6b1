import type { KubeObject } from "../object.ts";
import { compareVersions } from "../versions.ts";
import type { Structural } from "./schema.ts";

export interface PrinterColumn {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
  readonly jsonPath: string;
}

export interface ScalePaths {
  readonly specReplicasPath: string;
  readonly statusReplicasPath: string;
  readonly labelSelectorPath?: string;
}

/** How the CustomResourceDefinition has objects of one of its versions be. */
export interface CustomVersion {
  readonly definition: KubeObject;
  /** Everything may stand in objects without one. */
  readonly schema: Structural | undefined;
  readonly keepsUnknown: boolean;
  readonly hasStatus: boolean;
  readonly scale: ScalePaths | undefined;
  readonly columns: readonly PrinterColumn[];
  readonly selectableFields: readonly string[];
  readonly listKind: string;
  readonly storageVersion: string;
  /** For each request to a deprecated version. */
  readonly warning: string | undefined;
  readonly isTerminating: boolean;
}

/** One of `spec.versions`. */
export interface DefinitionVersion {
  readonly name: string;
  readonly served: boolean;
  readonly storage: boolean;
  readonly deprecated?: boolean;
  readonly deprecationWarning?: string;
  readonly schema?: { readonly openAPIV3Schema?: Structural };
  readonly subresources?: { readonly status?: object; readonly scale?: ScalePaths };
  readonly additionalPrinterColumns?: readonly PrinterColumn[];
  readonly selectableFields?: readonly { readonly jsonPath: string }[];
}

export interface DefinitionNames {
  readonly plural: string;
  readonly singular?: string;
  readonly kind: string;
  readonly listKind?: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}

export interface DefinitionSpec {
  readonly group: string;
  readonly scope: "Cluster" | "Namespaced";
  readonly names: DefinitionNames;
  readonly versions: readonly DefinitionVersion[];
  readonly preserveUnknownFields?: boolean;
  readonly conversion?: {
    readonly strategy: "None" | "Webhook";
    readonly webhook?: {
      readonly clientConfig?: { readonly url?: string; readonly caBundle?: string; readonly service?: object };
      readonly conversionReviewVersions?: readonly string[];
    };
  };
}

export interface DefinitionCondition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime?: string;
  readonly observedGeneration?: number;
}

export interface DefinitionStatus {
  readonly conditions?: readonly DefinitionCondition[] | null;
  readonly acceptedNames?: DefinitionNames;
  readonly storedVersions?: readonly string[];
}

/** A CustomResourceDefinition's parts as they are read. */
export function definitionOf(object: KubeObject): { readonly spec: DefinitionSpec; readonly status: DefinitionStatus } {
  return { spec: object["spec"] as DefinitionSpec, status: (object["status"] ?? {}) as DefinitionStatus };
}

export function hasCondition(object: KubeObject, type: string): boolean {
  return definitionOf(object).status.conditions?.some((each) => each.type === type && each.status === "True") === true;
}

/** The versions that a definition serves, or all of them, each with what it says of objects. */
export function customVersions(
  object: KubeObject,
): readonly { readonly name: string; readonly custom: CustomVersion }[] {
  const { spec } = definitionOf(object);
  const storage = spec.versions.find((each) => each.storage)?.name ?? "";
  return spec.versions
    .filter(({ served }) => served)
    .map((version) => ({ name: version.name, custom: customVersion(object, version, storage) }));
}

function customVersion(definition: KubeObject, version: DefinitionVersion, storageVersion: string): CustomVersion {
  const { spec } = definitionOf(definition);
  const { subresources = {}, schema } = version;
  return {
    definition,
    schema: schema?.openAPIV3Schema,
    keepsUnknown: spec.preserveUnknownFields === true,
    hasStatus: subresources.status !== undefined,
    scale: subresources.scale,
    columns: version.additionalPrinterColumns ?? [],
    selectableFields: (version.selectableFields ?? []).map(({ jsonPath }) => jsonPath),
    listKind: spec.names.listKind ?? `${spec.names.kind}List`,
    storageVersion,
    warning: version.deprecated === true ? (version.deprecationWarning ?? deprecation(spec, version)) : undefined,
    isTerminating: Boolean(definition.metadata.deletionTimestamp) || hasCondition(definition, "Terminating"),
  };
}

function deprecation({ group, names, versions }: DefinitionSpec, { name }: DefinitionVersion): string {
  const text = `${group}/${name} ${names.kind} is deprecated`;
  const better = versions
    .filter((each) => each.served && each.deprecated !== true && compareVersions(each.name, name) < 0)
    .sort((a, b) => compareVersions(a.name, b.name))[0];
  return better === undefined ? text : `${text}; use ${group}/${better.name} ${names.kind}`;
}
