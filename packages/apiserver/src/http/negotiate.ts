/** What a client wants to read, out of its Accept header. */
export interface Wanted {
  readonly as: "object" | "Table" | "PartialObjectMetadata";
  /** meta.k8s.io's version for tables. */
  readonly discovery: "v2" | "v2beta1" | undefined;
  readonly yaml: boolean;
  /** False when nothing that we can write is accepted. */
  readonly acceptable: boolean;
}

/** The first part of the header that can be served. Answers are JSON, or YAML when only that is asked for. */
export function negotiate(accept: string | undefined): Wanted {
  const plain: Wanted = { as: "object", discovery: undefined, yaml: false, acceptable: true };
  for (const part of (accept ?? "*/*").split(",")) {
    const [type = "", ...params] = part.split(";").map((each) => each.trim());
    const param = (name: string) => params.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1);
    if (type === "application/yaml") return { ...plain, yaml: true };
    if (type !== "application/json" && type !== "*/*" && type !== "application/*" && type !== "text/plain") continue;
    const as = param("as");
    if (as === "Table" && param("v") === "v1") return { ...plain, as: "Table" };
    if (as === "PartialObjectMetadata" || as === "PartialObjectMetadataList")
      return { ...plain, as: "PartialObjectMetadata" };
    if (as === "APIGroupDiscoveryList") return { ...plain, discovery: param("v") === "v2" ? "v2" : "v2beta1" };
    if (as === undefined) return plain;
  }
  return { ...plain, acceptable: false };
}
