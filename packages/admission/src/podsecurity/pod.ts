/** The parts of a pod that the standards speak of. https://kubernetes.io/docs/concepts/security/pod-security-standards/ */
export interface PodSpec {
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
  readonly hostUsers?: boolean;
  readonly os?: { readonly name?: string };
  readonly securityContext?: PodSecurityContext;
  readonly volumes?: readonly ({ readonly name: string } & { readonly [source: string]: unknown })[];
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly ephemeralContainers?: readonly Container[];
}

export interface Container {
  readonly name: string;
  readonly securityContext?: SecurityContext;
  readonly ports?: readonly { readonly hostPort?: number }[];
  readonly livenessProbe?: Handler;
  readonly readinessProbe?: Handler;
  readonly startupProbe?: Handler;
  readonly lifecycle?: { readonly postStart?: Handler; readonly preStop?: Handler };
}

export interface Handler {
  readonly httpGet?: { readonly host?: string };
  readonly tcpSocket?: { readonly host?: string };
}

interface Shared {
  readonly runAsNonRoot?: boolean;
  readonly runAsUser?: number;
  readonly seccompProfile?: { readonly type?: string };
  readonly seLinuxOptions?: {
    readonly type?: string;
    readonly user?: string;
    readonly role?: string;
    readonly level?: string;
  };
  readonly windowsOptions?: { readonly hostProcess?: boolean };
  readonly appArmorProfile?: { readonly type?: string };
}

export interface PodSecurityContext extends Shared {
  readonly sysctls?: readonly { readonly name: string; readonly value?: string }[];
}

export interface SecurityContext extends Shared {
  readonly allowPrivilegeEscalation?: boolean;
  readonly privileged?: boolean;
  readonly procMount?: string;
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
}

export interface PodMetadata {
  readonly annotations?: { readonly [key: string]: string };
}

/** A container with its place. */
export interface PlacedContainer {
  readonly container: Container;
  readonly path: string;
}

/** All containers: init, regular, ephemeral, in upstream's order. */
export function containersOf(spec: PodSpec): readonly PlacedContainer[] {
  return (["initContainers", "containers", "ephemeralContainers"] as const).flatMap((list) =>
    (spec[list] ?? []).map((container, i) => ({ container, path: `spec.${list}[${i}]` })),
  );
}

export function isWindows(spec: PodSpec): boolean {
  return spec.os?.name === "windows";
}

/** `container "a"` or `containers "a", "b"`. */
export function named(kind: string, names: readonly string[]): string {
  return `${kind}${names.length === 1 ? "" : "s"} ${quoteAll(names)}`;
}

/** Between quotes as they are, which upstream does not escape. */
export function quoteAll(values: Iterable<string>): string {
  return [...values].map((value) => `"${value}"`).join(", ");
}
