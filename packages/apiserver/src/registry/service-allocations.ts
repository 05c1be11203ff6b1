import type { KubeObject } from "@sallyport/kube";

/** What a service was given that it had not before. */
export interface Allocation {
  readonly what: "address" | "port";
  /** The address or the port. */
  readonly given: string;
  /** `static` where the service asked for this very one. */
  readonly scope: "static" | "dynamic";
}

interface Spec {
  readonly clusterIP?: string;
  readonly ports?: readonly { readonly nodePort?: number }[];
  readonly healthCheckNodePort?: number;
}

/** What was allocated to a service: it asked for `asked`, had `old`, and has `given` now. */
export function allocationsOf(
  asked: KubeObject,
  old: KubeObject | undefined,
  given: KubeObject,
): readonly Allocation[] {
  const found = (what: Allocation["what"], of: (spec: Spec) => readonly string[]): readonly Allocation[] => {
    const [wanted, before, now] = [asked, old, given].map((each) => of((each?.["spec"] ?? {}) as Spec));
    return (now ?? [])
      .filter((each) => !before?.includes(each))
      .map((each) => ({ what, given: each, scope: wanted?.includes(each) ? "static" : "dynamic" }));
  };
  return [...found("address", addressesOf), ...found("port", portsOf)];
}

/** A headless service has none. */
export function addressesOf({ clusterIP = "None" }: Spec): readonly string[] {
  return clusterIP === "" || clusterIP === "None" ? [] : [clusterIP];
}

/** Ports that nodes hold for a service. */
export function portsOf({ ports = [], healthCheckNodePort }: Spec): readonly string[] {
  return [...ports.map(({ nodePort }) => nodePort), healthCheckNodePort].filter(Boolean).map(String);
}
