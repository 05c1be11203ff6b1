import { type FieldError, forbidden, notSupported, required } from "../../names.ts";

const modes: readonly string[] = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];

/** How a volume may be mounted: by one pod, one node, or many. */
export function accessModes(
  given: readonly string[] | undefined,
  path: string,
  missing: string,
): readonly FieldError[] {
  const list = given ?? [];
  if (list.length === 0) return [required(path, missing)];
  return [
    ...list.filter((mode) => !modes.includes(mode)).map((mode) => notSupported(path, mode, modes)),
    ...(list.includes("ReadWriteOncePod") && list.some((mode) => mode !== "ReadWriteOncePod")
      ? [forbidden(path, "may not use ReadWriteOncePod with other access modes")]
      : []),
  ];
}
