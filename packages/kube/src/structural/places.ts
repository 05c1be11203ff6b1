import type { DefinitionSpec, DefinitionVersion } from "./custom-version.ts";
import { isSameJson } from "./same.ts";
import type { Structural } from "./schema.ts";

/**
 * Where kube-apiserver says that a part of the versions stands: what all versions have alike is for it the definition's own.
 * `part` is its name in a version, `shared` that in the definition.
 */
export function placesOf<Name extends keyof DefinitionVersion>(
  spec: DefinitionSpec,
  part: Name,
  shared: string,
): readonly {
  readonly value: NonNullable<DefinitionVersion[Name]>;
  readonly path: string;
  readonly version: DefinitionVersion;
}[] {
  const versions = spec.versions ?? [];
  const [first] = versions;
  const isShared = first?.[part] !== undefined && versions.every((each) => isSameJson(each[part], first[part]));
  const told = isShared ? [first] : versions;
  return told.flatMap((version, i) => {
    const value = version[part];
    if (value === undefined) return [];
    return [
      {
        value: value as NonNullable<DefinitionVersion[Name]>,
        path: isShared ? `spec.${shared}` : `spec.versions[${i}].${part}`,
        version,
      },
    ];
  });
}

/** The schemas of a definition, each once, with their places. */
export function schemaPlaces(
  spec: DefinitionSpec,
): readonly { readonly schema: Structural; readonly path: string; readonly version: DefinitionVersion }[] {
  return placesOf(spec, "schema", "validation").flatMap(({ value, path, version }) =>
    value.openAPIV3Schema === undefined
      ? []
      : [{ schema: value.openAPIV3Schema, path: `${path}.openAPIV3Schema`, version }],
  );
}
