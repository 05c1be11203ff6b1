/** What Istio writes of an injection, with the names of what was added beside containers: enough to take it away again. */
export interface InjectionStatus {
  readonly initContainers: readonly string[];
  readonly containers: readonly string[];
  readonly volumes: readonly string[];
  readonly revision?: string;
  readonly labels: readonly string[];
  readonly annotations: readonly string[];
}

export const statusAnnotation = "sidecar.istio.io/status";
/** What the owner wrote of the sidecar himself, as he wrote it. */
export const overridesAnnotation = "proxy.istio.io/overrides";

/** What an annotation says; undefined where it says nothing that we could read. Anybody may have written it. */
export function readStatus(text: string | undefined): InjectionStatus | undefined {
  const value = parsedObject(text);
  if (value === undefined) return undefined;
  const names = (field: string): readonly string[] => {
    const list = value[field];
    return Array.isArray(list) ? list.filter((name) => typeof name === "string") : [];
  };
  return {
    initContainers: names("initContainers"),
    containers: names("containers"),
    volumes: names("volumes"),
    labels: names("labels"),
    annotations: names("annotations"),
  };
}

export function statusText({ labels, annotations, revision, ...added }: InjectionStatus): string {
  return JSON.stringify({ ...added, imagePullSecrets: null, revision, labels, annotations });
}

/** Undefined for what is no JSON object. */
export function parsedObject(text: string | undefined): { readonly [field: string]: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text ?? "");
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as { readonly [field: string]: unknown }) : undefined;
  } catch {
    return undefined;
  }
}
