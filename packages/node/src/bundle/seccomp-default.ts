import { isKernelAtLeast } from "./kernel-version.ts";
import type { Machine } from "./machine.ts";
import profile from "./seccomp.generated.json" with { type: "json" };

interface Condition {
  readonly caps?: readonly string[];
  readonly arches?: readonly string[];
  readonly minKernel?: string;
}

interface Rule {
  /** Apart by spaces. */
  readonly names: string;
  readonly action: string;
  readonly errnoRet?: number;
  readonly args?: readonly object[];
  readonly includes?: Condition;
  readonly excludes?: Condition;
}

/** By Node's names of processors: libseccomp's, and the one that the profile's rules have. */
const architectures: { readonly [node: string]: readonly [seccomp: string, go: string] } = {
  x64: ["SCMP_ARCH_X86_64", "amd64"],
  arm64: ["SCMP_ARCH_AARCH64", "arm64"],
  ppc64: ["SCMP_ARCH_PPC64LE", "ppc64le"],
  s390x: ["SCMP_ARCH_S390X", "s390x"],
  riscv64: ["SCMP_ARCH_RISCV64", "riscv64"],
  loong64: ["SCMP_ARCH_LOONGARCH64", "loong64"],
};

/**
 * What RuntimeDefault comes to: the profile of Docker, which containerd's is made after, for a processor, a kernel and the container's
 * bounding set. System calls that it does not name fail with EPERM.
 */
export function defaultProfile({ architecture, kernel }: Machine, capabilities: readonly string[]): object {
  const [seccomp, go = architecture] = architectures[architecture] ?? [];
  const family = profile.archMap.find((each) => each.architecture === seccomp);
  const holds = (condition: Condition | undefined) =>
    (condition?.caps === undefined || condition.caps.every((each) => capabilities.includes(each))) &&
    (condition?.arches === undefined || condition.arches.includes(go)) &&
    (condition?.minKernel === undefined || isKernelAtLeast(kernel, condition.minKernel));
  const isExcluded = ({ excludes }: Rule) =>
    excludes?.caps?.some((each) => capabilities.includes(each)) === true || excludes?.arches?.includes(go) === true;
  const rules = (profile.syscalls as readonly Rule[]).filter((rule) => holds(rule.includes) && !isExcluded(rule));
  return {
    defaultAction: profile.defaultAction,
    defaultErrnoRet: profile.defaultErrnoRet,
    ...(family === undefined ? {} : { architectures: [family.architecture, ...(family.subArchitectures ?? [])] }),
    syscalls: rules.map(({ names, action, errnoRet, args }) => ({
      names: names.split(" "),
      action,
      ...(errnoRet === undefined ? {} : { errnoRet }),
      ...(args === undefined ? {} : { args }),
    })),
  };
}
